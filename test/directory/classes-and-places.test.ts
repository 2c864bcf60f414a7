// What the schema says of values: classes imply their superclasses, names have places, and no compare is FALSE where the truth is Undefined.
import fc from 'fast-check';
import t from 'tap';
import { compareEntry } from '../../src/directory/compare.js';
import { makeEntry } from '../../src/directory/entry.js';
import { compileFilter } from '../../src/directory/filter-evaluation.js';
import { makeRootDSE } from '../../src/directory/root-dse.js';
import { NO_LIMITS, openSearch, type Refinements } from '../../src/directory/search.js';
import { makeSubschema } from '../../src/directory/subschema.js';
import { View } from '../../src/directory/view.js';
import { Work } from '../../src/directory/work.js';
import type { Filter } from '../../src/ldap/filter.js';
import { parseFilter } from '../../src/ldap/filter-text.js';
import type { SearchResultEntry } from '../../src/ldap/message.js';
import { isPasswordMaterial, STANDARD } from '../../src/ldap/schema.js';
import { values } from '../../src/ldap/values.js';
import { type SearchOptions, searchRequest } from '../support/client.js';

const BASE = 'dc=harbour,dc=test';
const ADA = `uid=ada,ou=Users,${BASE}`;
const CREW = `cn=crew,ou=Groups,${BASE}`;
const entry = (dn: string, ...classes: readonly string[]) =>
  makeEntry('user', dn, [
    { type: 'objectClass', values: values(...classes) },
    { type: 'entryDN', values: values(dn) },
    { type: 'memberOf', values: values(CREW) },
    { type: 'sshKey', values: values('ssh-ed25519 AAAA', 'ssh-rsa BBBB') },
  ]);
const ada = entry(ADA, 'inetOrgPerson');
const group = makeEntry('group', CREW, [
  { type: 'objectClass', values: values('groupOfNames') },
  { type: 'member', values: values(ADA) },
  { type: 'entryDN', values: values(CREW) },
]);
const view = new View([
  makeEntry('base', BASE, [{ type: 'objectClass', values: values('domain') }]),
  ada,
  entry(`uid=bob,ou=Users,${BASE}`, 'account', 'posixAccount'),
  group,
]);
const rootDSE = makeRootDSE({
  namingContexts: [BASE],
  supportedExtension: [],
  supportedControl: [],
  supportedSASLMechanisms: [],
  vendorVersion: 'test',
});
const specials = { rootDSE, subschema: makeSubschema() };

function search(options: SearchOptions, refinements: Refinements = {}, budget = 3): SearchResultEntry[] {
  const source = openSearch(view, specials, searchRequest({ base: BASE, ...options }), NO_LIMITS, refinements);
  const found: SearchResultEntry[] = [];
  for (;;) {
    const next = source.advance(new Work(budget), 0);
    if (next === 'again') continue;
    if (!('kind' in next)) return found;
    found.push(next);
  }
}
const found = (filter: string) => search({ filter }).map(({ objectName }) => objectName);
const compare = (attribute: string, value: string | Buffer, name = ADA) =>
  compareEntry(view, specials, { kind: 'compareRequest', entry: name, attribute, value: Buffer.from(value) }).code;

t.test(
  'an entry is found and compared by the superclasses of its classes; only stored ones are returned (RFC 4512 3.3)',
  async (t) => {
    for (const name of ['person', 'PERSON', 'organizationalPerson', 'inetOrgPerson', '2.5.6.6']) {
      t.same(found(`(objectClass=${name})`), [ADA], name);
      t.same(found(`(objectClass:=${name})`), [ADA], name);
      t.equal(compare('objectClass', name), 6, name);
    }
    t.same(found('(&(objectClass=top)(uid=*))'), []);
    t.same(found('(objectClass=top)').includes(ADA), true);
    t.same(found('(!(objectClass=person))').includes(ADA), false);
    t.equal(compare('objectClass', 'groupOfNames'), 5);
    const [answer] = search({ filter: '(objectClass=person)', attributes: ['objectClass'] });
    t.same(
      answer?.attributes.map((one) => one.values.map(String)),
      [['inetOrgPerson']],
    );
    // RFC 3876: values that match, not those that are implied.
    const matched = { matchedValues: [parseFilter('(objectClass=person)')] };
    t.same(
      search({ filter: '(objectClass=person)' }, matched)[0]
        ?.attributes.find(({ type }) => type === 'objectClass')
        ?.values.map(String),
      ['inetOrgPerson'],
    );
    t.same(
      search({ filter: '(objectClass=posixAccount)' }, matched)[0]?.attributes.find(
        ({ type }) => type === 'objectClass',
      )?.values,
      [],
    );
  },
);

t.test('names are found by their place in the tree, memberships by the rule for chains of groups', async (t) => {
  t.same(found(`(entryDN:dnSubtreeMatch:=OU=users, ${BASE})`), [ADA, `uid=bob,ou=Users,${BASE}`]);
  t.same(found(`(entryDN:dnOneLevelMatch:=ou=Groups,${BASE})`), [CREW]);
  t.same(found(`(entryDN:dnOneLevelMatch:=${BASE})`), []);
  t.same(found(`(entryDN:dnSubordinateMatch:=${CREW})`), []);
  t.same(found(`(entryDN:dnSubtreeMatch:=${CREW})`), [CREW]);
  t.same(found(`(member:dnSubtreeMatch:=ou=Users,${BASE})`), [CREW]);
  t.equal(compileFilter(parseFilter('(entryDN:dnSubtreeMatch:=notadn)'))(ada), -1);
  t.equal(compileFilter(parseFilter(`(uid:dnSubtreeMatch:=${BASE})`))(ada), -1, 'of names alone');
  const chain = `(memberOf:1.2.840.113556.1.4.1941:=CN=crew, ou=Groups,${BASE})`;
  t.same(found(chain), [ADA, `uid=bob,ou=Users,${BASE}`]);
  t.same(view.plan(parseFilter(chain)).indexes, ['memberof'], 'as quickly as by equality');
  t.same(found(`(member:1.2.840.113556.1.4.1941:=${ADA})`), [CREW]);
  t.same(found(`(member:1.2.840.113556.1.4.1941:=uid=nobody,${BASE})`), []);
});

t.test('the place of a name is that of the names themselves, whatever is in their values', async (t) => {
  const value = fc.constantFrom('a', 'b', 'a\\,b', 'a=b', '\\ a', 'ü', 'a\\+b');
  const rdn = fc.tuple(fc.constantFrom('ou', 'cn'), value).map(([type, text]) => `${type}=${text}`);
  const dn = fc.array(rdn, { minLength: 1, maxLength: 3 });
  const holds = (rule: string, name: readonly string[], above: readonly string[]) => {
    const filter: Filter = {
      kind: 'extensibleMatch',
      attribute: 'entryDN',
      matchingRule: rule,
      value: Buffer.from(above.join(',')),
      dnAttributes: false,
    };
    return (
      compileFilter(filter)(
        makeEntry('user', name.join(','), [{ type: 'entryDN', values: values(name.join(',')) }]),
      ) === 1
    );
  };
  fc.assert(
    fc.property(dn, dn, fc.nat(3), (below, above, cut) => {
      const own = [...below, ...above];
      const levels = below.length;
      const ok =
        holds('dnSubtreeMatch', own, above) &&
        holds('dnSubordinateMatch', own, above) &&
        holds('dnOneLevelMatch', own, above) === (levels === 1) &&
        holds('dnSuperiorMatch', above, own) &&
        !holds('dnSubtreeMatch', above, own) &&
        !holds('dnSubordinateMatch', own, own) &&
        holds('dnSubtreeMatch', own, own.slice(Math.min(cut, own.length - 1)));
      if (!ok) throw new Error(`${own.join(',')} below ${above.join(',')}`);
    }),
    { numRuns: 500 },
  );
  t.pass('of 500 names');
});

t.test('no compare is FALSE where the filter is Undefined (RFC 4511 4.10)', async (t) => {
  const types = STANDARD.attributeTypes.map(({ names }) => names[0]);
  const all = makeEntry(
    'user',
    ADA,
    types.filter((type) => !isPasswordMaterial(type)).map((type) => ({ type, values: values('x') })),
  );
  const everything = new View([all]);
  const value = fc.oneof(
    fc.uint8Array({ maxLength: 20 }).map((octets) => Buffer.from(octets)),
    fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => Buffer.from(text)),
    fc
      .constantFrom(
        '',
        'x',
        '1',
        'TRUE',
        ADA,
        'person',
        "'01'B",
        '20260101000000Z',
        'ü'.repeat(5000),
        '1'.repeat(70_000),
      )
      .map((text) => Buffer.from(text)),
  );
  const codes = new Set<number>();
  fc.assert(
    fc.property(fc.constantFrom(...types), value, (attribute, assertion) => {
      const { code } = compareEntry(everything, specials, {
        kind: 'compareRequest',
        entry: ADA,
        attribute,
        value: assertion,
      });
      const truth = compileFilter({ kind: 'equalityMatch', attribute, value: assertion })(all);
      codes.add(code);
      const allowed = truth === 1 ? [6] : truth === 0 ? [5] : [11, 17, 18, 21];
      if (!allowed.includes(code)) throw new Error(`${attribute}: ${truth} is ${code}`);
    }),
    { numRuns: 3000 },
  );
  t.same(
    [...codes].sort((a, b) => a - b),
    [5, 6, 11, 17, 18, 21],
    'each of them occurs',
  );
  t.equal(compare('uidNumber', 'abc'), 21);
  t.equal(compare('uidNumber', '1', `uid=nobody,${BASE}`), 32);
  t.equal(compare('uidNumber', 'abc', `uid=nobody,${BASE}`), 21, 'whatever entry is asked about, as slapd has it');
});

t.test('sshPublicKey is another name of sshKey: found, compared, asked for and returned by it', async (t) => {
  t.same(found('(sshPublicKey=ssh-ed25519 AAAA)'), [ADA, `uid=bob,ou=Users,${BASE}`]);
  t.same(found('(sshPublicKey=*BBBB)'), [ADA, `uid=bob,ou=Users,${BASE}`]);
  t.equal(compare('sshPublicKey', 'ssh-rsa BBBB'), 6);
  const types = (...attributes: readonly string[]) =>
    search({ filter: '(objectClass=person)', attributes })[0]?.attributes.map(({ type }) => type);
  t.same(types('sshPublicKey'), ['sshPublicKey']);
  t.same(types('SSHPUBLICKEY'), ['sshPublicKey'], 'spelt as the schema spells it');
  t.same(types('sshKey'), ['sshKey']);
  t.same(types('sshKey', 'sshPublicKey'), ['sshKey', 'sshPublicKey'], 'each reader finds its own');
  t.same(
    types('*', 'sshPublicKey')?.filter((type) => type.startsWith('ssh')),
    ['sshKey', 'sshPublicKey'],
  );
  t.notOk(types()?.includes('sshPublicKey'));
  const [{ attributes } = { attributes: [] }] = search({
    filter: '(objectClass=person)',
    attributes: ['sshPublicKey'],
  });
  t.same(attributes[0]?.values.map(String), ['ssh-ed25519 AAAA', 'ssh-rsa BBBB']);
  const typesOnly = search({ filter: '(objectClass=person)', attributes: ['sshPublicKey'], typesOnly: true });
  t.same(typesOnly[0]?.attributes, [{ type: 'sshPublicKey', values: [] }]);
});

t.test('what the upstream stores as sshPublicKey is sshKey as well', async (t) => {
  const stored = makeEntry('user', ADA, [{ type: 'sshPublicKey', values: values('ssh-rsa CCCC') }]);
  t.equal(compileFilter(parseFilter('(sshKey=ssh-rsa CCCC)'))(stored), 1);
});
