// What a search costs is counted, and no step of one goes beyond its budget: whatever the filter, the order, the values asked for.
import { deepEqual, ok } from 'node:assert';
import fc from 'fast-check';
import t from 'tap';
import { compareSteps } from '../../src/directory/compare.js';
import { makeEntry, type SnapshotEntry } from '../../src/directory/entry.js';
import { compileFilter, compileSteps } from '../../src/directory/filter-evaluation.js';
import { makeRootDSE } from '../../src/directory/root-dse.js';
import { type EntrySource, NO_LIMITS, openSearch, type Refinements } from '../../src/directory/search.js';
import { compileOrder } from '../../src/directory/sort.js';
import { makeSubschema } from '../../src/directory/subschema.js';
import { View } from '../../src/directory/view.js';
import { MOST_OVERDRAW, Work } from '../../src/directory/work.js';
import type { Filter } from '../../src/ldap/filter.js';
import { parseFilter } from '../../src/ldap/filter-text.js';
import { ALL_MATCHING_RULES } from '../../src/ldap/matching.js';
import type { LDAPResult, SearchResultEntry } from '../../src/ldap/message.js';
import { Scope } from '../../src/ldap/message.js';
import { values } from '../../src/ldap/values.js';
import type { Steps } from '../../src/runtime/cooperative.js';
import { BerReader, BerWriter } from '../../src/wire/ber.js';
import { decodeFilter, encodeFilter } from '../../src/wire/filter.js';
import { type SearchOptions, searchRequest } from '../support/client.js';

const BASE = 'dc=example,dc=com';
const PEOPLE = 20_000;
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
const personDN = (n: number) => `uid=user${n},${BASE}`;
const LIGATURE = '\ufdfa'; // 18 characters when it is normalized
const MARKS = '\u0315\u0300\u05ae\u0300';

function person(n: number): SnapshotEntry {
  return makeEntry('user', personDN(n), [
    { type: 'objectClass', values: values('top', 'person', 'organizationalPerson', 'inetOrgPerson', 'posixAccount') },
    { type: 'uid', values: values(`user${n}`) },
    { type: 'cn', values: values(`Person ${n % 1000}`) },
    { type: 'sn', values: values(`Surname ${n % 77}`) },
    { type: 'mail', values: values(`user${n}@example.test`) },
    { type: 'uidNumber', values: values(String(n)) },
    { type: 'title', values: values('Engineer') },
    { type: 'description', values: values(`the one with number ${n}`) },
  ]);
}
const numbers = Array.from({ length: PEOPLE }, (_, i) => i);
/** New each time: keys that were made once are there for the next search. */
function group(): SnapshotEntry {
  return makeEntry('group', `cn=all,${BASE}`, [
    { type: 'objectClass', values: values('top', 'groupOfNames') },
    { type: 'cn', values: values('all') },
    { type: 'member', values: values(...numbers.map(personDN)) },
    { type: 'owner', values: values(...numbers.map(personDN)) },
  ]);
}
const odd = () => [
  makeEntry('user', `uid=long,${BASE}`, [
    { type: 'uid', values: values('long') },
    { type: 'description', values: values('a'.repeat(65_536), 'a '.repeat(32_000), `${'a'.repeat(65_500)}b`) },
    { type: 'title', values: values('a'.repeat(1_000_000), LIGATURE.repeat(340_000), 'short') },
    { type: 'sn', values: values(LIGATURE.repeat(2700), `a${MARKS.repeat(900)}`) },
  ]),
];
const base = makeEntry('base', BASE, [{ type: 'objectClass', values: values('top', 'domain') }]);
const freshView = (people = PEOPLE) => new View([base, ...numbers.slice(0, people).map(person), group(), ...odd()]);
const view = freshView();

/** Counts what is normalized: every normalizer decodes a value first. */
class Spy {
  calls = 0;
  octets = 0;
  looks = 0;
  /** Pairs of characters that the engine's own search may have to compare for one part. */
  pairs = 0;
  private readonly ordinary = {
    decode: Buffer.prototype.toString,
    startsWith: String.prototype.startsWith,
    indexOf: String.prototype.indexOf,
  };

  watch<Result>(run: () => Result): Result {
    const { decode, startsWith, indexOf } = this.ordinary;
    const count = (octets: number) => {
      this.calls++;
      this.octets += octets;
    };
    const look = () => this.looks++;
    const search = (text: string, part: string) => {
      if (part.length > 8) this.pairs = Math.max(this.pairs, part.length * text.length);
    };
    Buffer.prototype.toString = function (this: Buffer, ...args: Parameters<typeof decode>) {
      const [, start = 0, end = this.length] = args as [encoding?: BufferEncoding, start?: number, end?: number];
      count(end - start);
      return decode.apply(this, args);
    };
    String.prototype.startsWith = function (this: string, ...args: Parameters<typeof startsWith>) {
      look();
      return startsWith.apply(this, args);
    };
    String.prototype.indexOf = function (this: string, ...args: Parameters<typeof indexOf>) {
      search(String(this), args[0]);
      return indexOf.apply(this, args);
    };
    try {
      return run();
    } finally {
      Buffer.prototype.toString = decode;
      String.prototype.indexOf = indexOf;
      String.prototype.startsWith = startsWith;
    }
  }
}

interface Outcome {
  readonly entries: number;
  readonly names: readonly string[];
  readonly result: LDAPResult;
  readonly turns: number;
  readonly spent: number;
  /** By how much a turn went beyond its budget at most, what it charged for an entry that it returned left out. */
  readonly overdrawn: number;
}

const BUDGET = 1000;

/** Draws a source; throws if a turn does more than its units say. */
function draw(source: EntrySource, budget = BUDGET): Outcome {
  const names: string[] = [];
  let [turns, spent, overdrawn] = [0, 0, 0];
  for (;;) {
    const work = new Work(budget);
    const spy = new Spy();
    const next = spy.watch(() => source.advance(work, 0));
    const units = budget - work.left;
    turns++;
    spent += units;
    const returned = next !== 'again' && 'kind' in next ? unitsOf(next) : 0;
    overdrawn = Math.max(overdrawn, units - budget - returned);
    ok(next !== 'again' || work.left <= 0, 'again, though there was something left');
    ok(units >= 0 && spy.calls <= units + 64, `${spy.calls} values decoded for ${units} units`);
    ok(spy.octets <= 8 * units + 65_536 * 2, `${spy.octets} bytes decoded for ${units} units`);
    ok(spy.looks <= 2 * units + 64, `${spy.looks} keys looked at for ${units} units`);
    ok(spy.pairs <= 2 ** 20, `${spy.pairs} pairs of characters in one search`);
    ok(overdrawn <= MOST_OVERDRAW, `overdrawn by ${overdrawn}`);
    if (next === 'again') continue;
    if ('kind' in next) {
      names.push(next.objectName);
      continue;
    }
    source.release();
    return { entries: names.length, names, result: next.result, turns, spent, overdrawn };
  }
}

function unitsOf({ attributes }: SearchResultEntry): number {
  const all = attributes.flatMap((attribute) => attribute.values);
  return 64 + 2 * all.length + attributes.length + (all.reduce((sum, { length }) => sum + length, 0) >> 6);
}

const open = (options: Omit<SearchOptions, 'filter'> & { filter: Filter }, refinements?: Refinements, over = view) =>
  openSearch(
    over,
    specials,
    { ...searchRequest({ base: BASE, attributes: ['1.1'], ...options, filter: '(cn=x)' }), filter: options.filter },
    NO_LIMITS,
    refinements,
  );
const parts = (count: number, part: (i: number) => string | Filter): Filter[] =>
  Array.from({ length: count }, (_, i) => {
    const one = part(i);
    return typeof one === 'string' ? parseFilter(one) : one;
  });
const many = (kind: 'and' | 'or', count: number, part: (i: number) => string | Filter): Filter => ({
  kind,
  filters: parts(count, part),
});
const orderBy = (...attributes: string[]) => {
  const order = compileOrder(attributes.map((attribute) => ({ attribute, reverse: false })));
  if (order.kind !== 'order') throw new Error('no order');
  return order;
};
const assertion = (attribute: string, text: string | Buffer): Filter => ({
  kind: 'equalityMatch',
  attribute,
  value: Buffer.from(text as string),
});
const containing = (attribute: string, ...any: string[]): Filter => ({
  kind: 'substrings',
  attribute,
  any: any.map((text) => Buffer.from(text)),
});
const equal = (attribute: string, value: string): Filter => ({
  kind: 'equalityMatch',
  attribute,
  value: Buffer.from(value),
});
const nots = (depth: number, filter: Filter): Filter =>
  depth === 0 ? filter : { kind: 'not', filter: nots(depth - 1, filter) };
const ands = (depth: number, filter: Filter): Filter =>
  depth === 0 ? filter : { kind: 'and', filters: [ands(depth - 1, filter)] };
/** Every second one is there. */
const namesAmong = (count: number) => many('or', count, (i) => equal('uid', i % 2 === 0 ? `user${i}` : `nobody${i}`));
/** As the decoder passes it on: parts of a large one are bytes until they are gone through. */
function wired(filter: Filter): Filter {
  const writer = new BerWriter();
  encodeFilter(writer, filter);
  return decodeFilter(new BerReader(writer.finish()));
}
const EVERYBODY = PEOPLE;

const attacks: Record<string, [source: () => EntrySource, entries: number, code?: number]> = {
  'extensible, 200 parts': [() => open({ filter: many('or', 200, (i) => `(:caseIgnoreMatch:=zz${i})`) }), 0],
  'extensible by another rule, 40 parts': [
    () => open({ filter: many('or', 40, (i) => `(cn:caseExactMatch:=zz${i})`) }),
    0,
  ],
  'parts of names, 40': [() => open({ filter: many('or', 40, (i) => `(:dn:caseIgnoreMatch:=zz${i})`) }, {}, few), 0],
  'OR of 900 that is the whole view': [
    () => open({ filter: many('or', 900, () => '(objectClass=inetOrgPerson)') }),
    EVERYBODY,
  ],
  'OR of 900 with one entry each': [() => open({ filter: many('or', 900, (i) => `(uid=user${i})`) }), 900],
  'OR of 900 with the same in each': [() => open({ filter: many('or', 900, () => '(cn=person 7)') }), 20],
  'OR of 20,000 with one entry each': [
    () => open({ filter: many('or', 20_000, (i) => equal('uid', `user${i}`)) }),
    20_000,
  ],
  'OR of 20,000 as it comes from the wire': [() => open({ filter: wired(namesAmong(20_000)) }), 10_000],
  'AND of 24,999 NOTs': [
    () => open({ filter: many('and', 24_999, (i) => ({ kind: 'not', filter: equal('uid', `user${i + 5}`) })) }),
    5 + 3,
  ],
  'OR of 24,999 that are TRUE of nobody': [
    () => open({ filter: many('or', 24_999, () => ({ kind: 'or', filters: [] })) }, {}, few),
    0,
  ],
  'OR of 24,999 that are Undefined': [() => open({ filter: many('or', 24_999, () => equal('nothing', 'x')) }), 0],
  'OR of 24,999 substrings': [() => open({ filter: many('or', 24_999, (i) => `(cn=*zz${i})`) }, {}, few), 0],
  'OR of 24,999 values of no index': [() => open({ filter: many('or', 24_999, (i) => equal('title', `t${i}`)) }), 0],
  'OR of 24,999 members of a group': [
    () => open({ filter: many('or', 24_999, (i) => equal('owner', personDN(i + 19_999))) }, {}, freshView(10)),
    1,
  ],
  'NOTs 249 deep, a hundred times': [
    () => open({ filter: many('or', 100, () => nots(248, equal('cn', 'nobody'))) }, {}, few),
    0,
  ],
  'ANDs 248 deep around an OR of 20,000': [
    () =>
      open({
        filter: wired(
          ands(
            248,
            many('or', 20_000, (i) => equal('uid', `user${i}`)),
          ),
        ),
      }),
    20_000,
  ],
  'AND of 900': [() => open({ filter: many('and', 900, () => '(objectClass=inetOrgPerson)') }, {}, few), 500],
  'matched values of 64': [
    () =>
      open(
        { filter: parseFilter('(cn=all)'), attributes: [] },
        { matchedValues: parts(64, (i) => `(member=${personDN(i)})`) },
        freshView(10),
      ),
    1,
  ],
  'matched values of 64 substrings': [
    () =>
      open(
        { filter: parseFilter('(objectClass=*)'), attributes: [] },
        { matchedValues: parts(64, (i) => `(cn=*z${i}*)`) },
        few,
      ),
    502,
  ],
  'sort by three keys': [
    () => open({ filter: parseFilter('(objectClass=person)') }, { order: orderBy('sn', 'cn', 'description') }),
    EVERYBODY,
  ],
  'sort by three keys, one wanted': [
    () => open({ filter: parseFilter('(objectClass=person)'), sizeLimit: 1 }, { order: orderBy('sn', 'cn', 'title') }),
    1,
    4,
  ],
  'sort by what the group has 20,000 of': [
    () => open({ filter: parseFilter('(objectClass=*)') }, { order: orderBy('owner', 'title') }, freshView(500)),
    502,
  ],
  'subschema, 990 parts': [
    () =>
      open({
        base: 'cn=Subschema',
        scope: Scope.baseObject,
        filter: many('or', 990, (i) => `(:caseIgnoreMatch:=zz${i})`),
      }),
    0,
  ],
  'subschema, 990 parts by its first components': [
    () =>
      open({
        base: 'cn=Subschema',
        scope: Scope.baseObject,
        filter: many('or', 990, (i) => `(attributeTypes=1.2.3.${i})`),
      }),
    0,
  ],
  'member in a group of 20,000, 900 parts': [
    () => open({ filter: many('and', 900, (i) => `(member=${personDN(i)})`) }, {}, freshView(10)),
    1,
  ],
  'owner, which no index has, 200 parts': [
    () => open({ filter: many('and', 200, (i) => `(owner=${personDN(i)})`) }, {}, freshView(10)),
    1,
  ],
  'owner by another rule, 20 parts': [
    () => open({ filter: many('or', 20, (i) => `(owner:dn:=uid=nobody${i},${BASE})`) }, {}, freshView(10)),
    0,
  ],
  'assertion of 1 MB': [() => open({ filter: assertion('cn', LIGATURE.repeat(340_000)) }), 0],
  'assertions of 1 MB in 340 parts': [
    () => open({ filter: many('or', 340, () => assertion('cn', LIGATURE.repeat(1000))) }, {}, few),
    0,
  ],
  'assertions of combining marks': [
    () => open({ filter: many('or', 300, () => assertion('cn', `a${MARKS.repeat(400)}`)) }, {}, few),
    0,
  ],
  'names of 8 KiB in 100 parts': [
    () =>
      open({ filter: many('or', 100, (i) => assertion('member', `cn=${'\\,'.repeat(4000)}${i},${BASE}`)) }, {}, few),
    0,
  ],
  'a part that is searched for in vain everywhere': [
    () =>
      open({
        filter: containing('description', `${'a'.repeat(16_000)}c${'a'.repeat(16_000)}`),
      }),
    0,
  ],
  'a thousand parts in a long value': [
    () => open({ filter: containing('description', ...Array.from({ length: 990 }, () => 'aaaa'), 'zz') }),
    0,
  ],
  'parts with blanks in a long value': [
    () => open({ filter: containing('description', ...Array.from({ length: 900 }, () => ' a a '), 'zz') }, {}, few),
    0,
  ],
  '250 values, 900 parts': [() => open({ filter: many('or', 900, (i) => `(description=*z${i}*)`) }, {}, wordy), 0],
  'values of 1 MB': [() => open({ filter: many('or', 100, (i) => `(title=*b${i}*)`) }, {}, few), 0],
  '300,000 attributes asked for': [
    () => open({ filter: parseFilter('(cn=all)'), attributes: Array.from({ length: 300_000 }, (_, i) => `x${i}`) }),
    1,
  ],
  'a description of 1 MB': [
    () => open({ filter: { kind: 'present', attribute: `cn${';x'.repeat(400_000)}` }, attributes: [] }, {}, few),
    0,
  ],
  'a base of 8 KiB': [
    () => open({ base: `${`ou=${LIGATURE.repeat(120)},`.repeat(62)}${BASE}`, filter: parseFilter('(cn=x)') }, {}, few),
    0,
    32,
  ],
};
const few = freshView(500);
const wordy = new View([
  base,
  makeEntry('user', `uid=x,${BASE}`, [
    { type: 'description', values: values(...numbers.slice(0, 250).map((n) => `number ${n}`)) },
  ]),
]);

// Its keys are there, so that each part can be answered the quick way.
wordy.entries[1]?.attributes.get('description')?.keys();

for (const [what, [source, entries, code = 0]] of Object.entries(attacks)) {
  t.test(`no turn of a search does more than its budget: ${what}`, async (t) => {
    const outcome = draw(source());
    t.match(outcome, { entries, result: { code } });
    t.ok(
      outcome.turns >= outcome.spent / (BUDGET + MOST_OVERDRAW),
      `${outcome.turns} turns, ${outcome.spent} units, overdrawn by ${outcome.overdrawn}`,
    );
  });
}

t.test(
  'names that are looked up together cost each what one alone costs, even if there are 20,000 of them (R39)',
  async (t) => {
    const one = draw(open({ filter: equal('uid', 'user7') }));
    for (const count of [100, 1000, 20_000]) {
      const filter = wired(namesAmong(count));
      const source = open({ filter });
      const { entries, spent } = draw(source);
      t.equal(entries, count / 2);
      t.equal(source.examined, entries < PEOPLE / 2 ? entries : source.examined, 'nobody else was looked at');
      t.ok(spent / count < 2 * one.spent, `${count} names: ${spent} units, ${one.spent} for one`);
    }
    const outside = draw(open({ filter: many('and', 24_000, (i) => nots(1, equal('uid', `user${i}`))) }));
    t.ok(outside.spent < 3_000_000, `24,000 names that are left out: ${outside.spent} units`);
  },
);

t.test('a union that would be the whole view is not made; another one has each entry once', async (t) => {
  const everybody = view.plan(many('or', 3, (i) => `(objectClass=${['top', 'person', 'inetOrgPerson'][i]})`));
  t.same([everybody.indexes, everybody.most], [undefined, view.entries.length]);
  const some = open({ filter: many('or', 30, (i) => `(cn=person ${i % 10})`) });
  const { names } = draw(some);
  t.equal(names.length, 200);
  t.equal(new Set(names).size, 200);
  t.equal(some.examined, 200, 'nobody else was looked at');
});

const description = fc.constantFrom(
  'cn',
  'sn',
  'name',
  'uid',
  'member',
  'owner',
  'uidNumber',
  'title',
  'userPassword',
  'x',
);
const word = fc.constantFrom('all', 'a', 'person 7', 'Surname', '7', personDN(7), 'engineer', 'a a', 'TRUE', '');
const octets = word.map((text) => Buffer.from(text));
const anyFilter: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 4 },
    fc.record({ kind: fc.constant('present'), attribute: description }),
    fc.record({
      kind: fc.constantFrom('equalityMatch', 'approxMatch', 'greaterOrEqual', 'lessOrEqual'),
      attribute: description,
      value: octets,
    }),
    fc.record({ kind: fc.constant('substrings'), attribute: description, any: fc.array(octets, { minLength: 1 }) }),
    fc.record({
      kind: fc.constant('extensibleMatch'),
      attribute: description,
      matchingRule: fc.constantFrom(...ALL_MATCHING_RULES.map(({ name }) => name)),
      value: octets,
      dnAttributes: fc.boolean(),
    }),
    fc.record({ kind: fc.constantFrom('and', 'or'), filters: fc.array(tie('filter'), { maxLength: 4 }) }),
    fc.record({ kind: fc.constant('not'), filter: tie('filter') }),
  ) as fc.Arbitrary<Filter>,
})).filter;

/** Runs steps on a budget that is filled up whenever it is spent. */
function drive<Result>(steps: Steps<Result>, work: Work, budget: number): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (work.left <= 0) work.left = budget;
  }
}

t.test('a filter is TRUE, FALSE or Undefined of an entry however often it is interrupted', async (t) => {
  const seen = new Set<number>();
  const members = [person(7), group(), ...odd(), specials.subschema];
  const small = makeEntry('group', `cn=some,${BASE}`, [
    { type: 'cn', values: values(...numbers.slice(0, 70).map((n) => `person ${n}`)) },
    { type: 'sn;lang-x', values: values('Surname') },
    { type: 'member', values: values(...numbers.slice(0, 300).map(personDN)) },
  ]);
  fc.assert(
    fc.property(
      anyFilter,
      fc.constantFrom(...members, small),
      fc.integer({ min: 1, max: 3000 }),
      (filter, entry, budget) => {
        const truth = compileFilter(filter)(entry);
        const work = new Work(budget);
        const compiled = drive(compileSteps(filter, work), work, budget);
        const quick = compiled.quick(entry, new Work(budget));
        ok(quick === truth || quick === 2);
        work.left = budget;
        deepEqual(drive(compiled.steps(entry, work), work, budget), truth);
        seen.add(truth);
      },
    ),
    { numRuns: 1500 },
  );
  t.equal(seen.size, 3, 'each of the three was met');
});

t.test('whatever is asked, a search finds the same with tiny budgets, and no turn goes beyond them', async (t) => {
  const some = freshView(40);
  let hits = 0;
  fc.assert(
    fc.property(
      anyFilter,
      fc.integer({ min: 1, max: 2000 }),
      fc.option(fc.array(fc.constantFrom('cn', 'sn', 'owner', 'uidNumber', 'title'), { minLength: 1, maxLength: 3 })),
      fc.integer({ min: 0, max: 12 }),
      (filter, budget, sortKeys, sizeLimit) => {
        const refinements = sortKeys === null ? {} : { order: orderBy(...sortKeys) };
        const matches = compileFilter(filter);
        const all = some.entries.filter((entry) => matches(entry) === 1).map(({ dn }) => dn);
        const full = draw(open({ filter }, refinements, some), 1_000_000).names;
        deepEqual([...full].sort(), [...all].sort());
        const { names, result } = draw(open({ filter, sizeLimit }, refinements, some), budget);
        deepEqual(names, sizeLimit === 0 ? full : full.slice(0, sizeLimit), 'the first of the same order');
        deepEqual(result.code, sizeLimit > 0 && all.length > sizeLimit ? 4 : 0);
        hits += all.length;
      },
    ),
    { numRuns: 400 },
  );
  t.ok(hits > 100, `${hits} entries found`);
});

t.test('a compare looks one value up, however many there are, and can be interrupted', async (t) => {
  const over = freshView(10);
  const compare = (attribute: string, name: string, budget: number, assertionFilter?: Filter) => {
    const work = new Work(budget);
    const request = { kind: 'compareRequest', entry: `cn=all,${BASE}`, attribute, value: Buffer.from(name) } as const;
    let turns = 0;
    const steps = compareSteps(over, specials, request, assertionFilter, work);
    for (;;) {
      const spy = new Spy();
      const { done, value } = spy.watch(() => steps.next());
      turns++;
      ok(spy.calls <= budget + MOST_OVERDRAW / 8, `${spy.calls} values decoded in a turn`);
      if (done === true) return { code: value.code, turns };
      if (work.left <= 0) work.left = budget;
    }
  };
  for (const attribute of ['member', 'owner']) {
    t.equal(compare(attribute, personDN(19_999), BUDGET).code, 6);
    t.equal(compare(attribute, personDN(20_001), BUDGET).code, 5);
    t.equal(compare(attribute, personDN(19_999), BUDGET).turns, 1, `${attribute}: its keys are there by now`);
  }
  t.match(
    compare(
      'cn',
      'all',
      BUDGET,
      many('or', 900, (i) => `(owner=uid=x${i})`),
    ),
    { code: 122 },
  );
});

t.test('values and assertions that are too long have no key: never matched, but returned', async (t) => {
  const longest = 'é'.repeat(4096);
  const rows: [text: string, isMatched: boolean][] = [
    [longest, true],
    [`${longest}é`, false],
    ['a'.repeat(65_536), true],
    ['a'.repeat(65_537), false],
    [`a${'\u0301'.repeat(60)}`, true],
    [`a${'\u0301'.repeat(70)}`, false],
  ];
  for (const [text, isMatched] of rows) {
    const one = makeEntry('user', `uid=x,${BASE}`, [{ type: 'title', values: values(text) }]);
    const what = `${text.length} characters`;
    const truth = compileFilter(assertion('title', text))(one);
    t.equal(truth, isMatched ? 1 : -1, what);
    t.equal(compileFilter({ kind: 'not', filter: assertion('title', text) })(one), isMatched ? 0 : -1, what);
    t.equal(compileFilter(containing('title', text.slice(0, 20)))(one), isMatched ? 1 : 0, what);
    t.equal(compileFilter(parseFilter('(title=*)'))(one), 1);
    const over = new View([base, one]);
    const source = open({ filter: parseFilter('(title=*)'), attributes: ['title'] }, {}, over);
    const next = source.advance(new Work(100_000), 0);
    t.ok(next !== 'again' && 'kind' in next && next.attributes[0]?.values[0]?.equals(Buffer.from(text)), 'returned');
  }
  const name = `cn=${'\ufdfa'.repeat(2729)}`;
  const members = makeEntry('group', 'cn=x', [{ type: 'owner', values: values(name, `${name}xxx`, 'cn=y') }]);
  t.same(
    members.attributes
      .get('owner')
      ?.keys()
      .map((key) => key !== undefined),
    [true, false, true],
  );
});

t.test('substrings are found in linear time, and are those that the engine finds', async (t) => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 400 });
  fc.assert(
    fc.property(letters, fc.array(letters, { minLength: 1, maxLength: 3 }), (value, parts) => {
      const text = value.repeat(12);
      let at = 0;
      for (const part of parts)
        at = at < 0 ? at : text.indexOf(part, at) < 0 ? -1 : text.indexOf(part, at) + part.length;
      const one = makeEntry('user', `uid=x,${BASE}`, [{ type: 'title', values: values(text) }]);
      deepEqual(compileFilter(containing('title', ...parts))(one), at < 0 ? 0 : 1);
    }),
    { numRuns: 2000 },
  );
  const one = makeEntry('user', `uid=x,${BASE}`, [{ type: 'title', values: values(`x${'ab'.repeat(5000)}`) }]);
  t.equal(compileFilter(containing('title', `${'ab'.repeat(3000)}a`))(one), 1);
  t.equal(compileFilter(containing('title', `${'ab'.repeat(3000)}b`))(one), 0);
});
