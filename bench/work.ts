// The time of 1,000 units of work, for every kind of work in a search: `npx tsx bench/work.ts`.
import { makeEntry, type SnapshotEntry } from '../src/directory/entry.js';
import { makeRootDSE } from '../src/directory/root-dse.js';
import { NO_LIMITS, openSearch, type Refinements } from '../src/directory/search.js';
import { compileOrder } from '../src/directory/sort.js';
import { makeSubschema } from '../src/directory/subschema.js';
import { View } from '../src/directory/view.js';
import { Work } from '../src/directory/work.js';
import type { Filter } from '../src/ldap/filter.js';
import { Scope, type SearchRequest } from '../src/ldap/message.js';
import { values } from '../src/ldap/values.js';
import { encodeMessage } from '../src/wire/encode.js';
import { table } from './report.js';

const BASE = 'dc=example,dc=com';
const PEOPLE = 20_000;
const BUDGET = 2000;
/** The number of runs of each; the quickest counts. */
const TIMES = 5;

const specials = {
  rootDSE: makeRootDSE({
    ...{ namingContexts: [BASE], supportedExtension: [], supportedControl: [], supportedSASLMechanisms: [] },
    vendorVersion: '',
  }),
  subschema: makeSubschema(),
};
const dnOf = (number: number) => `uid=user${number},ou=Users,${BASE}`;
const numbers = Array.from({ length: PEOPLE }, (_, i) => i);
const base = makeEntry('base', BASE, [{ type: 'objectClass', values: values('top', 'domain') }]);

function person(number: number): SnapshotEntry {
  return makeEntry('user', dnOf(number), [
    { type: 'objectClass', values: values('top', 'person', 'organizationalPerson', 'inetOrgPerson', 'posixAccount') },
    { type: 'uid', values: values(`user${number}`) },
    { type: 'cn', values: values(`Person ${number}`) },
    { type: 'sn', values: values(`Surname ${(number * 7919) % PEOPLE}`) },
    { type: 'mail', values: values(`user${number}@example.test`) },
    { type: 'uidNumber', values: values(String(number)) },
    { type: 'title', values: values('Engineer') },
    { type: 'description', values: values(`the one with the number ${number}`) },
  ]);
}

const people = () => new View([base, ...numbers.map(person)]);
const group = () =>
  new View([
    base,
    makeEntry('group', `cn=all,${BASE}`, [
      { type: 'cn', values: values('all') },
      { type: 'owner', values: values(...numbers.map(dnOf)) },
      { type: 'description', values: values(...numbers.map((number) => `the one with the number ${number}`)) },
    ]),
  ]);
const holding = (text: string) =>
  new View([base, makeEntry('user', `uid=x,${BASE}`, [{ type: 'title', values: values(text) }])]);

const equal = (attribute: string, text: string): Filter => ({
  kind: 'equalityMatch',
  attribute,
  value: Buffer.from(text),
});
const has = (attribute: string, ...any: string[]): Filter => ({
  kind: 'substrings',
  attribute,
  any: any.map((text) => Buffer.from(text)),
});
const byRule = (matchingRule: string, text: string, attribute?: string): Filter => ({
  ...{ kind: 'extensibleMatch', matchingRule, value: Buffer.from(text), dnAttributes: false },
  ...(attribute === undefined ? {} : { attribute }),
});
const repeat = (count: number, part: (i: number) => Filter): Filter[] =>
  Array.from({ length: count }, (_, i) => part(i));
const or = (count: number, part: (i: number) => Filter): Filter => ({ kind: 'or', filters: repeat(count, part) });

function sortedBy(...attributes: string[]): Refinements {
  const order = compileOrder(attributes.map((attribute) => ({ attribute, reverse: false })));
  return order.kind === 'order' ? { order } : {};
}

interface Kind {
  readonly name: string;
  /** A view whose keys have not been built. With `isWarm`, a search builds them before the one that counts. */
  readonly view: () => View;
  readonly filter: Filter;
  readonly isWarm?: boolean;
  readonly refinements?: Refinements;
  readonly attributes?: readonly string[];
  /** Whether entries are encoded, too. */
  readonly isSent?: boolean;
  readonly base?: string;
}

const everybody = people();
const warm = (name: string, filter: Filter, more: Partial<Kind> = {}): Kind => ({
  ...{ name, filter, view: () => everybody, isWarm: true, ...more },
});
const present: Filter = { kind: 'present', attribute: 'objectClass' };

const KINDS: readonly Kind[] = [
  warm('entries visited, one value compared', equal('description', 'x')),
  warm('entries visited, one value searched', has('description', 'zz')),
  warm(
    'extensible, 50 parts',
    or(50, (i) => byRule('caseIgnoreMatch', `z${i}`)),
  ),
  warm(
    'extensible by another rule, 20 parts',
    or(20, (i) => byRule('caseExactMatch', `z${i}`, 'cn')),
  ),
  warm('ordering', { kind: 'greaterOrEqual', attribute: 'uidNumber', value: Buffer.from('99999') }),
  warm(
    'union of 900',
    or(900, (i) => equal('uid', `user${i}`)),
  ),
  warm(
    'subschema, 990 parts',
    or(990, (i) => byRule('caseIgnoreMatch', `z${i}`)),
    { base: 'cn=Subschema' },
  ),
  { name: 'keys of 20,000 names made', view: group, filter: equal('owner', dnOf(1)) },
  warm(
    '20,000 values searched, 20 parts',
    or(20, (i) => has('description', `zz${i}`)),
    { view: group },
  ),
  { name: 'indexes of 20,000 entries made', view: people, filter: equal('uid', 'user1') },
  { name: 'ASCII of 64 KiB normalized', view: () => holding('a  '.repeat(21_845)), filter: equal('title', 'x') },
  { name: 'U+FDFA of 8 KiB normalized', view: () => holding('\ufdfa'.repeat(2730)), filter: equal('title', 'x') },
  {
    name: 'marks of 8 KiB normalized',
    view: () => holding(`a${'\u0315\u0300\u05ae\u0300'.repeat(15)}`.repeat(67)),
    filter: equal('title', 'x'),
  },
  warm(
    'assertions of U+FDFA, 340 parts',
    or(340, () => equal('cn', '\ufdfa'.repeat(1000))),
    { view: group },
  ),
  warm(
    'names of 8 KiB, 100 parts',
    or(100, (i) => equal('owner', `cn=${'\\,'.repeat(4000)}${i}`)),
    { view: group },
  ),
  warm('long part in a long value', has('title', `${'a'.repeat(16_000)}c${'a'.repeat(16_000)}`), {
    view: () => holding('a'.repeat(65_536)),
  }),
  warm('short parts in a long value', has('title', 'aaaaab'), { view: () => holding('a'.repeat(65_536)) }),
  warm('blanks in a long value', has('title', ' a a '), { view: () => holding(`${'a '.repeat(32_000)}b`) }),
  warm('matched values, 64 parts', present, {
    ...{ attributes: [], refinements: { matchedValues: repeat(64, (i) => equal('cn', `z${i}`)) } },
  }),
  warm('sort by three keys', present, { refinements: sortedBy('sn', 'cn', 'mail') }),
  warm('entries selected and encoded', present, { attributes: [], isSent: true }),
  warm('300,000 attributes asked for', equal('uid', 'x'), {
    attributes: numbers.flatMap((i) => repeat(15, () => present).map((_, k) => `x${i}-${k}`)),
  }),
];

/** Milliseconds of processor time: other processes may use the machine as well. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** The units that a search spends, and the milliseconds that it takes. */
function run(kind: Kind, view: View): { units: number; ms: number } {
  const request: SearchRequest = {
    ...{ kind: 'searchRequest', baseObject: kind.base ?? BASE, derefAliases: 0, sizeLimit: 0, timeLimit: 0 },
    ...{ scope: kind.base === undefined ? Scope.wholeSubtree : Scope.baseObject, typesOnly: false },
    ...{ filter: kind.filter, attributes: kind.attributes ?? ['1.1'] },
  };
  const source = openSearch(view, specials, request, NO_LIMITS, kind.refinements);
  let units = 0;
  const startedAt = processorTime();
  for (;;) {
    const work = new Work(BUDGET);
    const next = source.advance(work, 0);
    units += BUDGET - work.left;
    if (next === 'again') continue;
    if (!('kind' in next)) return { units, ms: processorTime() - startedAt };
    if (kind.isSent === true) encodeMessage({ messageID: 1, op: next });
  }
}

function measure(kind: Kind): string[] {
  let best = { units: 0, ms: Number.POSITIVE_INFINITY };
  for (let i = 0; i < TIMES; i++) {
    const view = kind.view();
    if (kind.isWarm === true) run(kind, view);
    const one = run(kind, view);
    if (one.ms < best.ms) best = one;
  }
  return [kind.name, String(best.units), best.ms.toFixed(2), ((best.ms / best.units) * 1000).toFixed(3)];
}

console.log(table(['kind of work', 'units', 'ms', 'ms per 1,000 units'], KINDS.map(measure)));
