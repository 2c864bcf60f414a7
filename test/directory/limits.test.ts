// Ceilings of one search and of all together: each is answered with the limit's name, and what was taken is given back.
import { ok } from 'node:assert';
import { randomBytes } from 'node:crypto';
import t from 'tap';
import { makeEntry } from '../../src/directory/entry.js';
import { Page, Pages } from '../../src/directory/paging.js';
import { makeRootDSE } from '../../src/directory/root-dse.js';
import {
  type EntrySource,
  NO_LIMITS,
  openSearch,
  type SearchEnd,
  type SearchLimits,
} from '../../src/directory/search.js';
import { compileOrder } from '../../src/directory/sort.js';
import { makeSubschema } from '../../src/directory/subschema.js';
import { View } from '../../src/directory/view.js';
import { type RankBudget, Work } from '../../src/directory/work.js';
import { values } from '../../src/ldap/values.js';
import { type SearchOptions, searchRequest } from '../support/client.js';

const BASE = 'dc=example,dc=com';
const specials = {
  rootDSE: makeRootDSE({
    namingContexts: [BASE],
    supportedExtension: [],
    supportedControl: [],
    supportedSASLMechanisms: [],
    vendorVersion: 'test',
  }),
  subschema: makeSubschema(),
};
const view = new View([
  makeEntry('base', BASE, [{ type: 'objectClass', values: values('top', 'domain') }]),
  ...Array.from({ length: 2000 }, (_, i) =>
    makeEntry('user', `uid=user${i},${BASE}`, [
      { type: 'objectClass', values: values('top', 'person') },
      { type: 'uid', values: values(`user${i}`) },
      { type: 'cn', values: values(`person ${i % 4}`) },
      { type: 'sn', values: values(`surname ${(i * 7919) % 2000}`) },
    ]),
  ),
]);

class Ranks implements RankBudget {
  taken = 0;
  most = 0;

  constructor(private readonly limit: number) {}

  take(entries: number): boolean {
    if (this.taken + entries > this.limit) return false;
    this.taken += entries;
    this.most = Math.max(this.most, this.taken);
    return true;
  }

  give(entries: number): void {
    this.taken -= entries;
    ok(this.taken >= 0, 'more was given back than was taken');
  }
}

const bySurname = compileOrder([{ attribute: 'sn', reverse: false }]);
if (bySurname.kind !== 'order') throw new Error('no order');
const sorted = { order: bySurname };
const open = (options: SearchOptions, limits: Partial<SearchLimits>, refinements = {}) =>
  openSearch(view, specials, searchRequest({ base: BASE, ...options }), { ...NO_LIMITS, ...limits }, refinements);

function drain(source: EntrySource, now = 0): { names: string[]; end: SearchEnd } {
  const names: string[] = [];
  for (;;) {
    const next = source.advance(new Work(500), now);
    if (next === 'again') continue;
    if (!('kind' in next)) return { names, end: next };
    names.push(next.objectName);
  }
}

t.test('a sorted search keeps no more entries than it returns', async (t) => {
  const ranks = new Ranks(2001);
  const all = drain(open({ filter: '(sn=*)' }, { ranks }, sorted));
  t.equal(all.names.length, 2000);
  t.equal(ranks.most, 2000);
  t.equal(ranks.taken, 0, 'given back at its end');
  for (const sizeLimit of [1, 2, 3, 10, 1000, 1999, 2000]) {
    const few = new Ranks(sizeLimit);
    const { names, end } = drain(open({ filter: '(sn=*)', sizeLimit }, { ranks: few }, sorted));
    t.same(names, all.names.slice(0, sizeLimit), `the first ${sizeLimit}`);
    t.equal(end.result.code, sizeLimit < 2000 ? 4 : 0);
    t.same([few.most, few.taken], [sizeLimit, 0]);
  }
});

t.test('sorted searches without room for their entries end with 11 and the name of the limit', async (t) => {
  const ranks = new Ranks(2500);
  const first = open({ filter: '(sn=*)' }, { ranks }, sorted);
  while (first.advance(new Work(500), 0) === 'again');
  t.ok(ranks.taken >= 1999, 'it is under way');
  const second = open({ filter: '(sn=*)' }, { ranks }, sorted);
  const { names, end } = drain(second);
  t.same(names, []);
  t.match(end.result, { code: 11, text: /listen\.limits\.rankedEntries/ });
  second.release();
  first.release();
  t.equal(ranks.taken, 0, 'the first was abandoned');
  first.release();
  t.equal(ranks.taken, 0, 'which counts once');
  t.match(first.advance(new Work(500), 0), { result: { code: 0 } }, 'and it is over');
  const third = open({ filter: '(sn=*)' }, { ranks }, sorted);
  third.advance(new Work(20_000), 0);
  t.ok(ranks.taken > 0, 'in the middle of collecting');
  third.release();
  t.equal(ranks.taken, 0);
});

t.test('a union without room to tell its entries apart is answered by a scan', async (t) => {
  const filter = '(|(cn=person 1)(cn=person 2)(&(cn=person 2)(objectClass=*)))';
  for (const [limit, isUnion] of [
    [1500, true],
    [1499, false],
  ] as const) {
    const ranks = new Ranks(limit);
    const source = open({ filter }, { ranks });
    const { names } = drain(source);
    t.equal(new Set(names).size, 1000);
    t.equal(names.length, 1000);
    t.equal(source.examined, isUnion ? 1000 : 2001);
    t.equal(ranks.taken, 0);
  }
});

t.test(
  'what is kept between two pages stays counted until it is resumed, dropped, expired, or its session ends',
  async (t) => {
    const ranks = new Ranks(100_000);
    const request = 'the request';
    const page = (pages: Pages, source: EntrySource, now: number, size = 3) => {
      let cookie = Buffer.alloc(0);
      const one = new Page(source, size, (rest, end) => {
        if (rest !== undefined) cookie = Buffer.from(pages.keep(rest, request, now, randomBytes));
        return end;
      });
      const { names } = drain(one, now);
      one.release();
      return { cookie, names };
    };
    const start = () => open({ filter: '(sn=*)' }, { ranks }, sorted);
    const all = drain(start()).names;

    const pages = new Pages();
    const first = page(pages, start(), 0);
    t.same(first.names, all.slice(0, 3));
    t.equal(ranks.taken, 2000 - 4, 'three returned, and one drawn to see that there are more');
    const second = page(pages, pages.resume(first.cookie, request, 1)!, 1, 10_000);
    t.same(second.names, all.slice(3), 'the rest, in order');
    t.equal(ranks.taken, 0, 'nothing is left');

    for (let i = 0; i < 9; i++) page(pages, start(), 10);
    t.equal(ranks.taken, 8 * 1996, 'the oldest of nine was dropped');
    pages.expire(299_999);
    t.equal(ranks.taken, 8 * 1996);
    pages.expire(300_011);
    t.equal(ranks.taken, 0, 'expired');

    const late = page(pages, start(), 0);
    t.equal(pages.resume(late.cookie, 'another request', 5), undefined);
    t.equal(ranks.taken, 1996);
    t.equal(pages.resume(late.cookie, request, 300_001), undefined);
    t.equal(ranks.taken, 0, 'too late');

    page(pages, start(), 0);
    page(pages, start(), 0);
    pages.close();
    t.same([ranks.taken, pages.size], [0, 0], 'the end of the session');
    page(pages, start(), 0);
    t.same([ranks.taken, pages.size], [0, 0], 'nothing is kept behind it');

    const cut = new Page(start(), 5, (_rest, end) => end);
    while (cut.advance(new Work(500), 0) === 'again');
    t.ok(ranks.taken > 0);
    cut.release();
    t.equal(ranks.taken, 0, 'abandoned in the middle of a page');
  },
);

t.test('a search may spend so much work and no more: 11 and the name of the limit', async (t) => {
  const { names, end } = drain(open({ filter: '(sn=*1*)' }, { work: 5000 }));
  t.ok(names.length > 0 && names.length < 1000, 'it got so far');
  t.match(end.result, { code: 11, text: /listen\.limits\.searchWork/ });
  const source = open({ filter: '(sn=*1*)' }, { work: 5000 });
  let spent = 0;
  for (;;) {
    const work = new Work(1_000_000);
    const next = source.advance(work, 0);
    spent += 1_000_000 - work.left;
    if (next === 'again' || 'kind' in next) continue;
    t.match(next, { result: { code: 11 } });
    break;
  }
  t.ok(spent <= 5100, `${spent} units in all`);
  t.equal(drain(open({ filter: '(uid=user7)' }, { work: 500 })).end.result.code, 0, 'a look-up costs next to nothing');
});

t.test('the client’s time limit is 3 without a text, the server’s own 3 with its name', async (t) => {
  const ended = (limits: Partial<SearchLimits>, now: number) => drain(open({}, limits), now).end.result;
  t.match(ended({ deadline: 5 }, 6), { code: 3, text: '' });
  t.match(ended({ serverDeadline: 5 }, 6), { code: 3, text: /listen\.limits\.searchTime/ });
  t.match(ended({ deadline: 5, serverDeadline: 5 }, 5), { code: 0 });
  const source = open({}, { serverDeadline: 5 });
  source.renew(0, 10);
  t.match(drain(source, 8).end.result, { code: 0 }, 'a new page has its own time');
});

t.test('more than three sort keys are refused, with the first that is too much (RFC 2891 1.2)', async (t) => {
  const keys = ['cn', 'sn', 'uid', 'mail', 'title'].map((attribute) => ({ attribute, reverse: false }));
  t.match(compileOrder(keys), { kind: 'fault', code: 11, attribute: 'mail' });
  t.match(compileOrder(keys.slice(0, 3)), { kind: 'order' });
});
