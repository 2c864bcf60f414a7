// Paged results by values (RFC 2696): cookies of one session, pages of one search; the search is a list, the clock a number.
import t from 'tap';
import { Page, Pages } from '../../src/directory/paging.js';
import type { EntrySource, SearchEnd } from '../../src/directory/search.js';
import { Work } from '../../src/directory/work.js';
import type { SearchResultEntry } from '../../src/ldap/message.js';

const entry = (name: string): SearchResultEntry => ({ kind: 'searchResultEntry', objectName: name, attributes: [] });
const END: SearchEnd = { result: { code: 4, matchedDN: '', text: 'its own' } };

/** Yields the names and then END; `again` at each gap. Records what it was asked. */
class List implements EntrySource {
  examined = 0;
  readonly asked: [number, number][] = [];
  deadline = 0;

  constructor(private readonly names: (string | 'again')[]) {}

  renew(deadline: number): void {
    this.deadline = deadline;
  }

  /** Times that what it holds was given back. */
  released = 0;

  release(): void {
    this.released++;
  }

  advance({ left }: Work, now: number): SearchResultEntry | 'again' | SearchEnd {
    this.asked.push([left, now]);
    const name = this.names.shift();
    if (name === undefined) return END;
    if (name === 'again') return name;
    this.examined++;
    return entry(name);
  }
}

interface Turned {
  readonly names: string[];
  readonly agains: number;
  readonly rest: EntrySource | undefined;
  readonly end: SearchEnd;
}

/** Draws one page to its end. */
function turn(source: EntrySource, size: number): Turned {
  const names: string[] = [];
  let agains = 0;
  let turned: { rest: EntrySource | undefined; end: SearchEnd } | undefined;
  const page = new Page(source, size, (rest, end) => {
    if (turned !== undefined) throw new Error('turned twice');
    turned = { rest, end };
    return end;
  });
  for (;;) {
    const next = page.advance(new Work(10), 7);
    if (next === 'again') agains++;
    else if ('kind' in next) names.push(next.objectName);
    else return { names, agains, rest: turned?.rest, end: next };
  }
}

/** All pages of a search. */
function pages(names: string[], size: number): string[][] {
  const all: string[][] = [];
  let source: EntrySource | undefined = new List(names);
  while (source !== undefined) {
    const turned: Turned = turn(source, size);
    all.push(turned.names);
    source = turned.rest;
  }
  return all;
}

const PAGES: readonly [string[], number, string[][]][] = [
  [[], 2, [[]]],
  [['a'], 2, [['a']]],
  [['a', 'b'], 2, [['a', 'b']]],
  [['a', 'b', 'c'], 2, [['a', 'b'], ['c']]],
  [
    ['a', 'b', 'c', 'd'],
    2,
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  [['a', 'b', 'c'], 1, [['a'], ['b'], ['c']]],
  [['a', 'b', 'c'], 2_147_483_647, [['a', 'b', 'c']]],
  [['again', 'a', 'again', 'b', 'again', 'c', 'again'], 2, [['a', 'b'], ['c']]],
  // A page of none asks how many there are.
  [['a'], 0, [[]]],
];

for (const [names, size, expected] of PAGES) {
  t.test(`${names.join(' ') || 'nothing'} in pages of ${size}`, async (t) => {
    if (size === 0) return void t.same(turn(new List(names), 0).names, []);
    t.same(pages([...names], size), expected);
  });
}

t.test('every page ends well but the last, which ends as the search does', async (t) => {
  const first = turn(new List(['a', 'b', 'c']), 2);
  t.equal(first.end.result.code, 0);
  const last = turn(first.rest!, 2);
  t.same(last.end, END);
  t.equal(last.rest, undefined);
});

t.test('the entry that shows that there are more is the first of the next page, after no work', async (t) => {
  const list = new List(['a', 'b', 'c']);
  const { rest } = turn(list, 1);
  t.equal(list.examined, 2);
  t.equal(rest?.examined, 2, 'what was examined is reported through all pages');
  const asked = list.asked.length;
  t.same(rest?.advance(new Work(10), 7), entry('b'));
  t.equal(list.asked.length, asked, 'the search was not asked');
});

t.test('budget, time and a new time limit reach the search through any number of pages', async (t) => {
  const list = new List(['a', 'b', 'c', 'd']);
  const second = turn(list, 1).rest!;
  const third = turn(second, 1).rest!;
  third.renew(99);
  t.equal(list.deadline, 99);
  const page = new Page(third, 5, (_rest, end) => end);
  page.renew(100);
  t.equal(list.deadline, 100);
  page.advance(new Work(3), 4); // the one in hand
  page.advance(new Work(5), 6);
  t.same(list.asked.at(-1), [5, 6]);
});

const REQUEST = 'the request';
/** Cookies that tell their number. */
function counting() {
  let serial = 0;
  return (octets: number) => Buffer.alloc(octets, ++serial);
}

t.test('a cookie is good once, for its own request and session, and for five minutes', async (t) => {
  const source = new List([]);
  const minutes = 60_000;
  const rows: [string, (pages: Pages, cookie: Buffer) => EntrySource | undefined, boolean][] = [
    ['immediately', (pages, cookie) => pages.resume(cookie, REQUEST, 0), true],
    ['after five minutes', (pages, cookie) => pages.resume(cookie, REQUEST, 5 * minutes), true],
    ['after more', (pages, cookie) => pages.resume(cookie, REQUEST, 5 * minutes + 1), false],
    ['another request', (pages, cookie) => pages.resume(cookie, 'another', 0), false],
    ['another session', (_pages, cookie) => new Pages().resume(cookie, REQUEST, 0), false],
    ['a shorter cookie', (pages, cookie) => pages.resume(cookie.subarray(1), REQUEST, 0), false],
    ['a longer cookie', (pages, cookie) => pages.resume(Buffer.concat([cookie, cookie]), REQUEST, 0), false],
    ['an empty cookie', (pages) => pages.resume(Buffer.alloc(0), REQUEST, 0), false],
    ['another cookie', (pages, cookie) => pages.resume(Buffer.alloc(cookie.length, 0xff), REQUEST, 0), false],
  ];
  for (const [what, resume, isGood] of rows) {
    const mine = new Pages();
    const cookie = mine.keep(source, REQUEST, 0, counting());
    t.equal(cookie.length, 16);
    t.equal(resume(mine, cookie), isGood ? source : undefined, what);
    if (isGood) t.equal(mine.resume(cookie, REQUEST, 0), undefined, `${what}, and once only`);
  }
});

t.test('a wrong request does not take the page from the right one', async (t) => {
  const mine = new Pages();
  const source = new List([]);
  const cookie = mine.keep(source, REQUEST, 0, counting());
  mine.resume(cookie, 'another', 0);
  t.equal(mine.resume(cookie, REQUEST, 0), source);
});

t.test('a session has eight open at most: the oldest makes room', async (t) => {
  const mine = new Pages();
  const random = counting();
  const sources = Array.from({ length: 10 }, () => new List([]));
  const cookies = sources.map((source, at) => mine.keep(source, REQUEST, at, random));
  t.equal(mine.size, 8);
  const found = cookies.map((cookie) => mine.resume(cookie, REQUEST, 10));
  t.same(
    found.map((source, at) => source === sources[at]),
    [false, false, ...Array.from({ length: 8 }, () => true)],
  );
  t.equal(mine.size, 0);
});

t.test('what is idle for too long is dropped, and nothing else', async (t) => {
  const mine = new Pages();
  mine.expire(1e9); // nothing is there yet
  const random = counting();
  for (const since of [0, 1000, 2000]) mine.keep(new List([]), REQUEST, since, random);
  mine.expire(300_000);
  t.equal(mine.size, 3);
  mine.expire(301_000);
  t.equal(mine.size, 2);
  mine.expire(302_001);
  t.equal(mine.size, 0);
});
