// Parts about one attribute that are asked as a set say what they say one by one.
import fc from 'fast-check';
import t from 'tap';
import { makeEntry, type SnapshotEntry } from '../../src/directory/entry.js';
import { compileFilter } from '../../src/directory/filter-evaluation.js';
import { View } from '../../src/directory/view.js';
import type { Filter } from '../../src/ldap/filter.js';
import { values } from '../../src/ldap/values.js';

const BASE = 'dc=example,dc=com';
const member = (n: number) => `uid=p${n},${BASE}`;

const ENTRIES: readonly SnapshotEntry[] = [
  ...Array.from({ length: 12 }, (_, n) =>
    makeEntry('user', member(n), [
      { type: 'objectClass', values: values('inetOrgPerson') },
      { type: 'uid', values: values(`p${n}`, `alias${n % 3}`) },
      { type: 'cn', values: values(`Person ${n % 5}`) },
      ...(n % 2 === 0 ? [{ type: 'cn;lang-en', values: values(`Person ${n % 4}`) }] : []),
      ...(n % 3 === 0 ? [{ type: 'title', values: values('Engineer') }] : []),
    ]),
  ),
  makeEntry('group', `cn=large,${BASE}`, [
    { type: 'cn', values: values('large') },
    { type: 'member', values: values(...Array.from({ length: 3000 }, (_, n) => member(n))) },
  ]),
];

const item: fc.Arbitrary<Filter> = fc
  .tuple(
    fc.constantFrom('equalityMatch' as const, 'approxMatch' as const),
    fc.oneof(
      fc.tuple(
        fc.constantFrom('uid', 'UID', '0.9.2342.19200300.100.1.1'),
        fc.nat(15).map((n) => (n > 11 ? `alias${n}` : `P${n}`)),
      ),
      fc.tuple(
        fc.constantFrom('cn', 'cn;lang-en', 'name'),
        fc.nat(6).map((n) => `person  ${n}`),
      ),
      fc.tuple(fc.constant('member'), fc.nat(3500).map(member)),
      fc.tuple(fc.constantFrom('title', 'uidNumber', 'nothing', 'userPassword'), fc.constantFrom('engineer', 'x')),
    ),
  )
  .map(([kind, [attribute, value]]) => ({ kind, attribute, value: Buffer.from(value) }));
const part: fc.Arbitrary<Filter> = fc.oneof(
  { weight: 6, arbitrary: item },
  { weight: 3, arbitrary: item.map((filter): Filter => ({ kind: 'not', filter })) },
  fc.constant<Filter>({ kind: 'present', attribute: 'title' }),
  fc.constant<Filter>({ kind: 'or', filters: [] }),
);
const wide = fc.record({
  kind: fc.constantFrom('and' as const, 'or' as const),
  filters: fc.array(part, { maxLength: 120 }),
});

t.test('an AND or OR of many parts is what its parts are together (R37)', async (t) => {
  const view = new View(ENTRIES);
  fc.assert(
    fc.property(wide, (filter) => {
      const whole = compileFilter(filter);
      const each = filter.filters.map((part) => compileFilter(part));
      const planned = new Set(view.plan(filter).lists.flat());
      for (const entry of ENTRIES) {
        const truths = each.map((one) => one(entry));
        const decisive = filter.kind === 'or' ? 1 : 0;
        const truth = truths.includes(decisive) ? decisive : truths.includes(-1) ? -1 : 1 - decisive;
        if (whole(entry) !== truth) return false;
        if (truth === 1 && !planned.has(entry)) return false;
      }
      return true;
    }),
    { numRuns: 400 },
  );
  t.pass('entries, truths and the places where they are looked for');
});
