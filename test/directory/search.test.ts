// Searches over a snapshot: the index changes nothing, nothing leaks, and RFC 4511 4.5 is kept.
import { deepEqual } from 'node:assert';
import fc from 'fast-check';
import t from 'tap';
import { compareEntry } from '../../src/directory/compare.js';
import { makeEntry } from '../../src/directory/entry.js';
import { compileFilter } from '../../src/directory/filter-evaluation.js';
import { makeRootDSE } from '../../src/directory/root-dse.js';
import { NO_LIMITS, openSearch } from '../../src/directory/search.js';
import { buildSnapshot } from '../../src/directory/snapshot.js';
import { makeSubschema } from '../../src/directory/subschema.js';
import { NO_VIEW, View } from '../../src/directory/view.js';
import { Work } from '../../src/directory/work.js';
import { isBelowOrEqual } from '../../src/ldap/dn.js';
import type { Filter } from '../../src/ldap/filter.js';
import { parseFilter } from '../../src/ldap/filter-text.js';
import { ALL_MATCHING_RULES } from '../../src/ldap/matching.js';
import type { LDAPResult, SearchRequest, SearchResultEntry } from '../../src/ldap/message.js';
import { Scope } from '../../src/ldap/message.js';
import { values } from '../../src/ldap/values.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { dn, image, LOCAL_BASE, MEMBERS, ORG, renamed, STRANGERS } from '../layout/image.js';
import { type SearchOptions, searchRequest } from '../support/client.js';

const snapshot = buildSnapshot(image, renamed, 0);
const SPECIALS = {
  rootDSE: makeRootDSE({
    namingContexts: [LOCAL_BASE],
    supportedExtension: [],
    supportedControl: [],
    supportedSASLMechanisms: [],
    vendorVersion: 'test',
  }),
  subschema: makeSubschema(),
};
/** What an account that reads for others sees, and what a person sees. */
const VIEWS: readonly View[] = [snapshot, snapshot.viewOf('brim.tolvane'), snapshot.viewOf('')];
const PEOPLE = `ou=People,${LOCAL_BASE}`;
const person = (uid: string) => renamed.localUserDN(uid);

function run(
  view: View,
  request: SearchRequest,
  { entries = 1000, deadline = 0, budget = 3, now = 0 } = {},
): { entries: SearchResultEntry[]; result: LDAPResult } {
  const cursor = openSearch(view, SPECIALS, request, { ...NO_LIMITS, entries, deadline });
  const found: SearchResultEntry[] = [];
  for (;;) {
    const next = cursor.advance(new Work(budget), now);
    if (next === 'again') continue;
    if (!('kind' in next)) return { entries: found, result: next.result };
    found.push(next);
  }
}
const search = (options: SearchOptions, limits?: Parameters<typeof run>[2]) =>
  run(snapshot, searchRequest({ base: LOCAL_BASE, ...options }), limits);
const names = (options: SearchOptions) => search(options).entries.map(({ objectName }) => objectName);

const occurring = snapshot.entries.flatMap(({ attributes }) => [...attributes.values()]);
const description = fc.constantFrom(
  ...new Set(occurring.map(({ name }) => name)),
  ...[
    'uid',
    'UID',
    '2.5.4.3',
    'userPassword',
    'sambaNTPassword',
    'employeeNumber',
    'manager',
    'nope',
    '__proto__',
    'sn;lang-xx',
  ],
);
const assertion = fc.oneof(
  fc.constantFrom(...occurring.flatMap((attribute) => attribute.values)),
  fc.constantFrom(...['strix.nolander', 'secret-7001', ORG, 'x', '', '7005', 'TRUE'].map((text) => Buffer.from(text))),
);
const filter: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.record({ kind: fc.constant('present'), attribute: description }),
    fc.record({
      kind: fc.constantFrom(
        'equalityMatch',
        'equalityMatch',
        'equalityMatch',
        'approxMatch',
        'greaterOrEqual',
        'lessOrEqual',
      ),
      attribute: description,
      value: assertion,
    }),
    fc
      .tuple(description, assertion, fc.nat(), fc.nat(), fc.nat(7))
      .map(([attribute, value, one, other, kept]): Filter => {
        const [from, to] = [one % (value.length + 1), other % (value.length + 1)].sort((a, b) => a - b);
        return {
          kind: 'substrings',
          attribute,
          any: kept & 1 ? [value.subarray(from, to)] : [],
          ...(kept & 2 ? { initial: value.subarray(0, from) } : {}),
          ...(kept & 4 || kept === 0 ? { final: value.subarray(to) } : {}),
        };
      }),
    fc
      .tuple(
        fc.option(description),
        fc.option(fc.constantFrom(...ALL_MATCHING_RULES.map(({ name }) => name))),
        assertion,
        fc.boolean(),
      )
      .map(
        ([attribute, rule, value, dnAttributes]): Filter => ({
          kind: 'extensibleMatch',
          ...(attribute === null ? {} : { attribute }),
          ...(rule === null && attribute !== null ? {} : { matchingRule: rule ?? 'caseIgnoreMatch' }),
          value,
          dnAttributes,
        }),
      ),
    fc.record({ kind: fc.constantFrom('and', 'or'), filters: fc.array(tie('filter'), { maxLength: 3 }) }),
    fc.record({ kind: fc.constant('not'), filter: tie('filter') }),
  ) as fc.Arbitrary<Filter>,
})).filter;

/** Whether an entry is in scope, told from its name alone. */
function isWithin(name: string, base: string, scope: Scope): boolean {
  const [entry, at] = [dn(name), dn(base)];
  const depth = entry.length - at.length;
  if (!isBelowOrEqual(entry, at)) return false;
  return [depth === 0, depth === 1, true, depth > 0][scope]!;
}

t.test('an index finds exactly what looking at every entry finds, whatever the base and the scope', async (t) => {
  let hits = 0;
  const base = fc.constantFrom(LOCAL_BASE, LOCAL_BASE, PEOPLE, ...snapshot.entries.map((entry) => entry.dn));
  const anyScope = fc.constantFrom(Scope.wholeSubtree, ...Object.values(Scope));
  fc.assert(
    fc.property(filter, base, anyScope, fc.constantFrom(...VIEWS), (f, baseObject, scope, view) => {
      const matches = compileFilter(f, view.schema);
      const isThere = view.entries.some((entry) => entry.dn === baseObject);
      const all = view.entries.filter(
        (entry) => isThere && isWithin(entry.dn, baseObject, scope) && matches(entry) === 1,
      );
      const { entries, result } = run(view, { ...searchRequest({}), baseObject, scope, filter: f });
      deepEqual(entries.map(({ objectName }) => objectName).sort(), all.map((entry) => entry.dn).sort());
      deepEqual(result.code, isThere ? 0 : 32);
      hits += all.length;
    }),
    { numRuns: 3000 },
  );
  t.ok(hits > 100, `${hits} entries found`);
});

t.test('a hidden base and a missing one are answered alike, searched or compared (R30)', async (t) => {
  const answers = (uid: string, f: Filter, scope: Scope, below: string, attribute: string) => {
    const baseObject = below + person(uid);
    const request = { ...searchRequest({}), baseObject, scope, filter: f };
    const compare = { kind: 'compareRequest', entry: baseObject, attribute, value: Buffer.from('x') } as const;
    return VIEWS.map((view) => [run(view, request), compareEntry(view, SPECIALS, compare)]);
  };
  const scope = fc.constantFrom(...Object.values(Scope));
  fc.assert(
    fc.property(
      ...[fc.constantFrom(...STRANGERS), filter, scope, fc.constantFrom('', 'cn=a,'), description],
      (stranger, ...question) => deepEqual(answers(stranger, ...question), answers('nobody.at.all', ...question)),
    ),
    { numRuns: 500 },
  );
  t.pass('none differed');
});

t.test(
  'whatever is asked, nothing of the upstream and nobody outside the group is in an answer (R29, R31, R32, R33, R34, R35)',
  async (t) => {
    const base = fc.constantFrom(
      ...['', LOCAL_BASE, PEOPLE, `ou=Teams,${LOCAL_BASE}`, 'cn=Subschema', person(MEMBERS[0]!)],
      ...[person('strix.nolander'), `ou=Users,o=${ORG},dc=jumpcloud,dc=com`, 'dc=jumpcloud,dc=com', 'o=x'],
    );
    const attributes = fc.array(
      fc.oneof(description, fc.constantFrom('*', '+', 'userPassword', '@person', 'member', 'memberOf')),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(
        base,
        fc.constantFrom(...Object.values(Scope)),
        filter,
        attributes,
        (baseObject, scope, f, wanted) => {
          const request = { ...searchRequest({}), baseObject, scope, filter: f, attributes: wanted };
          const { entries, result } = run(snapshot, request);
          const octets = [
            ...entries.map((op) => encodeMessage({ messageID: 1, op })),
            encodeMessage({ messageID: 1, op: { kind: 'searchResultDone', result } }),
          ];
          const text = Buffer.concat(octets).toString('latin1').toLowerCase();
          for (const secret of [ORG, 'dc=jumpcloud', 'strix', 'gorven', 'secret-', 'hidden-', 'strangers', 'aabbccdd'])
            if (text.includes(secret)) throw new Error(`${secret} is in the answer`);
        },
      ),
      { numRuns: 1500 },
    );
    t.pass('nothing was');
  },
);

t.test('a person sees no other, whatever is asked (R29, R31)', async (t) => {
  const others = ['odd', 'selka', 'wenna', 'ruvane', '7002', '7003', '7004'];
  const own = snapshot.viewOf('brim.tolvane');
  const ask = (f: Filter, baseObject: string, attributes: readonly string[]) => {
    const { entries } = run(own, { ...searchRequest({}), baseObject, filter: f, attributes });
    const text = Buffer.concat(entries.map((op) => encodeMessage({ messageID: 1, op }))).toString('latin1');
    for (const other of others) if (text.toLowerCase().includes(other)) throw new Error(`${other} is in the answer`);
  };
  const wanted = fc.constantFrom(['*', '+'], ['member', 'memberUid', 'uniqueMember'], []);
  fc.assert(fc.property(filter, fc.constantFrom(LOCAL_BASE, PEOPLE, person('selka.ruvane')), wanted, ask), {
    numRuns: 1000,
  });
  ask(parseFilter('(objectClass=*)'), LOCAL_BASE, ['*', '+']);
  t.pass('of none');
});

t.test('a password attribute is Undefined in every form of filter, also turned round (R34)', async (t) => {
  const entry = makeEntry('user', person('x'), [
    { type: 'objectClass', values: values('person') },
    { type: 'userPassword', values: values('secret') },
  ]);
  for (const leaf of [
    ...['(userPassword=*)', '(userPassword=secret)', '(userPassword=s*)', '(userPassword>=a)', '(userPassword<=z)'],
    ...['(userPassword~=secret)', '(userPassword:=secret)', '(2.5.4.35=secret)', '(USERPASSWORD;x=*)'],
    ...['(userPassword:octetStringMatch:=secret)', '(userPassword:dn:=secret)'],
  ]) {
    t.equal(compileFilter(parseFilter(leaf))(entry), -1, leaf);
    t.equal(compileFilter(parseFilter(`(!${leaf})`))(entry), -1, `not ${leaf}`);
  }
  t.not(compileFilter(parseFilter('(:octetStringMatch:=secret)'))(entry), 1, 'nor by a rule without a type');
});

t.test('TRUE, FALSE and Undefined combine as RFC 4511 4.5.1.7 says', async (t) => {
  const entry = makeEntry('user', person('x'), [{ type: 'cn', values: values('x') }]);
  const truth = { T: '(cn=x)', F: '(cn=y)', U: '(nope=x)' };
  const rows: [filter: string, truth: 1 | 0 | -1][] = [
    ['&TT', 1],
    ['&TF', 0],
    ['&TU', -1],
    ['&FU', 0],
    ['&', 1],
    ['&UU', -1],
    ['|FF', 0],
    ['|TU', 1],
    ['|FU', -1],
    ['|', 0],
    ['!T', 0],
    ['!F', 1],
    ['!U', -1],
  ];
  for (const [short, expected] of rows) {
    const text = `(${short.replace(/[TFU]/g, (letter) => truth[letter as 'T'])})`;
    t.equal(compileFilter(parseFilter(text))(entry), expected, short);
  }
});

t.test('a description without options stands for those with options as well (RFC 4512 2.5.2)', async (t) => {
  const first = person(MEMBERS[0]!);
  t.same(names({ filter: '(sn=tolván)' }), [first]);
  t.same(names({ filter: '(sn;lang-cs=tolván)' }), [first]);
  t.same(names({ filter: '(sn;lang-de=tolván)' }), []);
  t.same(names({ filter: '(sn;lang-cs=*)' }), [first]);
  t.same(names({ filter: '(sn=tolv*n)' }), [first]);
  t.same(names({ filter: '(sn:caseExactMatch:=Tolván)' }), [first]);
});

t.test('compare looks at the same attributes as a filter does (RFC 4511 4.10)', async (t) => {
  const ask = (attribute: string, value: string) =>
    compareEntry(snapshot, SPECIALS, {
      kind: 'compareRequest',
      entry: person(MEMBERS[0]!),
      attribute,
      value: Buffer.from(value),
    }).code;
  const only = new View([makeEntry('user', 'cn=x', [{ type: 'title;lang-en', values: values('mate') }])]);
  const title = { kind: 'compareRequest', entry: 'cn=x', attribute: 'title', value: Buffer.from('Mate') } as const;
  t.equal(compareEntry(only, SPECIALS, title).code, 6, 'the values under an option alone');
  t.equal(compareEntry(only, SPECIALS, { ...title, attribute: 'title;lang-de' }).code, 16);
  t.same([ask('sn', 'TOLVANE'), ask('sn', 'tolván'), ask('sn;lang-cs', 'tolvane'), ask('sn', 'x')], [6, 6, 5, 5]);
  t.same([ask('title', 'x'), ask('nope', 'x'), ask('constructor', 'x'), ask('userPassword', 'x')], [16, 17, 17, 17]);
  t.same([ask('uidNumber', 'x'), ask('uidNumber', '7001'), ask('uidNumber', '7002')], [21, 6, 5]);
});

t.test('a substring without a character is Undefined and matches nothing (R38)', async (t) => {
  const entry = makeEntry('user', person('x'), [{ type: 'cn', values: values('x') }]);
  const none = Buffer.alloc(0);
  const x = Buffer.from('x');
  for (const parts of [{ any: [none] }, { any: [x, none] }, { any: [], initial: none }, { any: [x], final: none }]) {
    const substrings: Filter = { kind: 'substrings', attribute: 'cn', ...parts };
    t.equal(compileFilter(substrings)(entry), -1);
    t.equal(compileFilter({ kind: 'not', filter: substrings })(entry), -1);
  }
  t.equal(compileFilter(parseFilter('(cn=*x*)'))(entry), 1);
});

t.test('scopes and bases (RFC 4511 4.5.1.1, 4.5.1.2)', async (t) => {
  const counts = (base: string) => Object.values(Scope).map((scope) => search({ base, scope }).entries.length);
  const all = snapshot.entries.length;
  t.same(counts(LOCAL_BASE), [1, 2, all, all - 1]);
  t.same(counts(PEOPLE), [1, MEMBERS.length, MEMBERS.length + 1, MEMBERS.length]);
  t.same(counts(person(MEMBERS[1]!)), [1, 0, 1, 0]);
  t.same(counts(PEOPLE.toUpperCase().replaceAll(',', ' , ')), counts(PEOPLE));
  const hidden = search({ base: person('strix.nolander') });
  t.same(hidden, search({ base: person('nobody.at.all') }), 'hidden and missing are alike (R30)');
  t.same(hidden.result, { code: 32, matchedDN: PEOPLE, text: '' });
  for (const base of ['dc=test', `o=${ORG},dc=jumpcloud,dc=com`, `dc=x${LOCAL_BASE}`])
    t.equal(search({ base }).result.code, 32, `${base} (R32)`);
  t.equal(search({ base: 'no dn' }).result.code, 34);
  t.equal(search({ base: '', scope: Scope.wholeSubtree }).result.code, 32);
  t.equal(run(NO_VIEW, searchRequest({ base: LOCAL_BASE })).result.code, 32, 'nobody sees nothing (R28)');
});

t.test('selection of attributes (R37, RFC 4511 4.5.1.8)', async (t) => {
  const types = (...attributes: string[]) =>
    search({ base: person(MEMBERS[0]!), scope: Scope.baseObject, attributes }).entries[0]?.attributes.map(
      ({ type }) => type,
    ) ?? [];
  const user = types();
  t.ok(user.includes('memberOf') && !user.includes('entryUUID'));
  t.same(types('*'), user);
  t.same(types('1.1'), []);
  t.same(types('MAIL', 'Cn'), ['cn', 'mail'].filter((type) => types('*').includes(type)).sort());
  t.same(types('2.5.4.3', 'commonName'), ['cn']);
  t.same(types('sn'), ['sn', 'sn;lang-cs']);
  t.same(types('sn;lang-cs'), ['sn;lang-cs']);
  t.same(types('nope', '@person', ''), []);
  const operational = types('+');
  t.ok(operational.includes('entryUUID') && operational.includes('entryDN') && !operational.includes('cn'));
  t.equal(types('*', '+').length, user.length + operational.length);
  t.same(types('1.1', 'cn'), ['cn'], '1.1 beside others means nothing');
  const only = search({ base: person(MEMBERS[0]!), scope: Scope.baseObject, typesOnly: true });
  t.ok(only.entries[0]?.attributes.every((attribute) => attribute.values.length === 0));
});

t.test('limits: exactly as many entries and then 4; 3 when time is over (R37)', async (t) => {
  const limited = (sizeLimit: number, entries: number) => {
    const answer = search({ base: PEOPLE, scope: Scope.singleLevel, sizeLimit }, { entries });
    return [answer.entries.length, answer.result.code];
  };
  t.same(limited(2, 1000), [2, 4]);
  t.same(limited(MEMBERS.length, 1000), [MEMBERS.length, 0]);
  t.same(limited(0, 3), [3, 4]);
  t.same(limited(1000, 3), [3, 4]);
  t.equal(search({}, { deadline: 5, now: 6 }).result.code, 3);
  t.equal(search({}, { deadline: 5, now: 5 }).result.code, 0);
});

t.test('the published subschema refers to nothing that is not in it', async (t) => {
  const published = (type: string) => SPECIALS.subschema.attributes.get(type.toLowerCase())?.values.map(String) ?? [];
  const oids = new Set(published('ldapSyntaxes').map((text) => text.split(' ')[1]));
  const namesOf = (texts: readonly string[]) =>
    new Set(
      texts.flatMap((text) => [
        text.split(' ')[1]!,
        ...[...text.split(' SYNTAX ')[0]!.matchAll(/'([^']+)'/g)].map(([, name]) => name!),
      ]),
    );
  const rules = namesOf(published('matchingRules'));
  const types = namesOf(published('attributeTypes'));
  const classes = namesOf(published('objectClasses'));
  for (const text of [...published('attributeTypes'), ...published('matchingRules')]) {
    const syntax = / SYNTAX (\S+)/.exec(text)?.[1];
    t.ok(syntax === undefined || oids.has(syntax), text);
  }
  const unknown = (texts: readonly string[], pattern: RegExp, known: ReadonlySet<string>) =>
    texts.flatMap((text) =>
      [...text.matchAll(pattern)]
        .flatMap(([, list]) => list!.split(/[ $]+/))
        .filter((name) => name !== '' && !known.has(name)),
    );
  t.same(unknown(published('attributeTypes'), /(?:EQUALITY|ORDERING|SUBSTR) (\S+)/g, rules), []);
  t.same(unknown(published('objectClasses'), /SUP (\S+)/g, classes), []);
  t.same(unknown(published('objectClasses'), /(?:MUST|MAY) \(? ?([^)]+?) ?(?:\)|MAY|$)/g, types), []);
  for (const entry of snapshot.entries) {
    for (const { name, type } of entry.attributes.values())
      t.ok(type !== undefined || name.startsWith('x-'), `${name} of an entry is known`);
  }
});

t.test('two snapshots of the same image have the same entryUUIDs; a view knows only its own entries', async (t) => {
  const uuids = (one: typeof snapshot) =>
    one.entries.map(({ attributes }) => String(attributes.get('entryuuid')?.values[0]));
  t.same(uuids(buildSnapshot(image, renamed, 99)), uuids(snapshot));
  t.equal(new Set(uuids(snapshot)).size, snapshot.entries.length);
  const own = snapshot.viewOf('brim.tolvane');
  t.ok(own instanceof View);
  t.equal(own.find(snapshot.user('selka.ruvane')!.key), undefined);
  t.equal(run(own, searchRequest({ base: LOCAL_BASE, filter: '(objectClass=person)' })).entries.length, 1);
  t.equal(run(own, searchRequest({ base: LOCAL_BASE, filter: '(member=*selka*)' })).entries.length, 0);
});
