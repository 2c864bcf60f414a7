// What the Active Directory face makes of people and groups: the attributes that applications use, and what leads back to a person.
import t from 'tap';
import { activeDirectoryFace } from '../../../src/layout/activedirectory/face.js';
import { sidText } from '../../../src/layout/activedirectory/identifiers.js';
import type { Facts } from '../../../src/layout/face.js';
import { parseDN } from '../../../src/ldap/dn.js';
import { normalizerOf } from '../../../src/ldap/matching.js';
import { attributeType, objectClass } from '../../../src/ldap/schema.js';

const BASE = 'DC=corp,DC=example,DC=com';
const face = activeDirectoryFace({
  orgId: '5f1c0a9e7b3d4c2a8e6f9d10',
  baseDN: parseDN(BASE)!,
  usersDN: parseDN(`CN=Users,${BASE}`)!,
  groupsDN: parseDN(`CN=Users,${BASE}`)!,
});

function facts(kind: 'user' | 'group', attributes: Record<string, string>): Facts {
  const { uid = '', cn = '', entryUUID = '' } = attributes;
  const dn = `CN=${kind === 'user' ? uid : cn},CN=Users,${BASE}`;
  const values = (type: string) => {
    const value = attributes[type];
    return value === undefined ? [] : [Buffer.from(value)];
  };
  return { kind, uid, cn, dn, uuid: entryUUID, values };
}

const PERSON = facts('user', {
  uid: 'quillon.varrek',
  cn: 'Quillon Varrek',
  entryUUID: '6f9619ff-8b86-d011-b42d-00c04fc964ff',
  uidNumber: '5001',
  createTimestamp: '20240102030405Z',
});
const GROUP = facts('group', { cn: 'wayk-users', entryUUID: '0e984725-c51c-4bf4-9960-e1c80e27aba0' });

const made = (of: Facts) =>
  new Map(
    face.derived
      .filter(({ kinds }) => kinds.includes(of.kind))
      .map(({ name, make }) => [name, make(of)] as const)
      .filter(([, values]) => values.length > 0),
  );
const text = (of: Facts, name: string) =>
  made(of)
    .get(name)
    ?.map((value) => value.toString('utf8'));

t.test('a person has what applications ask Active Directory for', (t) => {
  t.same(text(PERSON, 'sAMAccountName'), ['quillon.varrek']);
  t.same(text(PERSON, 'userPrincipalName'), ['quillon.varrek@corp.example.com']);
  t.same(text(PERSON, 'cn'), ['quillon.varrek'], 'the value of its name');
  t.same(text(PERSON, 'displayName'), ['Quillon Varrek']);
  t.same(text(PERSON, 'objectClass'), ['top', 'person', 'organizationalPerson', 'user']);
  t.same(text(PERSON, 'objectCategory'), [`CN=Person,CN=Schema,CN=Configuration,${BASE}`]);
  t.same(text(PERSON, 'userAccountControl'), ['512']);
  t.match(text(PERSON, 'pwdLastSet'), [/^[1-9][0-9]{17}$/], 'no password that has to be changed');
  t.same(text(PERSON, 'whenCreated'), ['20240102030405.0Z']);
  t.equal(made(PERSON).get('objectGUID')?.[0]?.toString('hex'), 'ff19966f868b11d0b42d00c04fc964ff');
  t.match(sidText(made(PERSON).get('objectSid')![0]!), /^S-1-5-21-[0-9]+-[0-9]+-[0-9]+-11002$/);
  t.end();
});

t.test('a group has its own, in the same domain', (t) => {
  t.same(text(GROUP, 'sAMAccountName'), ['wayk-users']);
  t.same(text(GROUP, 'objectClass'), ['top', 'group']);
  t.same(text(GROUP, 'groupType'), ['-2147483646']);
  t.equal(text(GROUP, 'userPrincipalName'), undefined);
  const domain = (of: Facts) => sidText(made(of).get('objectSid')![0]!)?.replace(/-[0-9]+$/, '');
  t.equal(domain(GROUP), domain(PERSON));
  t.end();
});

t.test('what is hidden upstream is not made up: without a UUID there is no GUID', (t) => {
  t.equal(made(facts('user', { uid: 'x' })).get('objectGUID'), undefined);
  t.equal(made(facts('user', { uid: 'x' })).get('whenCreated'), undefined);
  t.end();
});

t.test('each derived attribute that is looked up through another leads to the entry that shows it', (t) => {
  const schema = new Map(face.schema.attributeTypes.map((type) => [type.names[0], type]));
  for (const of of [PERSON, GROUP]) {
    for (const { name, kinds, make, through } of face.derived) {
      if (through === undefined || !kinds.includes(of.kind)) continue;
      for (const value of make(of)) {
        const key = normalizerOf(schema.get(name) ?? attributeType(name))(value);
        const led = through(key!);
        const own = led?.attribute === 'entryDN' ? [Buffer.from(of.dn)] : of.values(led?.attribute ?? '');
        const keys = own.map((each) => normalizerOf(attributeType(led!.attribute))(each));
        t.ok(led !== undefined && keys.includes(led.key), `${of.kind} ${name}`);
      }
    }
  }
  const upn = face.derived.find(({ name }) => name === 'userPrincipalName')!;
  t.equal(upn.through!('quillon.varrek@example.org'), undefined, 'another domain belongs to nobody');
  t.end();
});

t.test('a category is asserted by its class or its name, and a SID by its bytes or as text', (t) => {
  const type = (name: string) => face.schema.attributeTypes.find(({ names }) => names[0] === name);
  const category = normalizerOf(type('objectCategory'));
  const person = category(Buffer.from(`CN=Person,CN=Schema,CN=Configuration,${BASE}`));
  for (const word of ['person', 'Person', 'user', 'organizationalPerson']) t.equal(category(Buffer.from(word)), person);
  t.not(category(Buffer.from('group')), person);
  const key = normalizerOf(type('objectSid'));
  const octets = made(PERSON).get('objectSid')![0]!;
  t.equal(key(Buffer.from(sidText(octets)!)), key(octets));
  t.end();
});

t.test('classes name types that are there, and those of all that is derived', (t) => {
  const known = new Set(face.schema.attributeTypes.flatMap(({ names }) => names));
  const classes = new Map(face.schema.objectClasses.map((one) => [one.names[0]!, one]));
  const named = (name: string): string[] => {
    const one = classes.get(name) ?? objectClass(name)!;
    return [...one.must, ...one.may, ...one.superiors.flatMap(named)];
  };
  for (const name of classes.keys())
    t.same(
      named(name).filter((word) => !known.has(word) && attributeType(word) === undefined),
      [],
      name,
    );
  for (const kind of ['user', 'group'] as const) {
    const derived = face.derived.filter(({ kinds }) => kinds.includes(kind)).map(({ name }) => name);
    t.same(
      derived.filter((name) => !named(kind).includes(name)),
      [],
      kind,
    );
  }
  t.end();
});

t.test('the entries of the domain name nobody, and each refers to what is there', (t) => {
  const names = face.entries.map(({ dn }) => dn);
  t.equal(new Set(names).size, names.length);
  t.equal(new Set(face.entries.map(({ uuid }) => uuid)).size, names.length);
  for (const { dn } of face.entries) t.ok(dn.endsWith(BASE), dn);
  for (const { type, values } of face.rootDSE) t.ok(values.length > 0, type);
  t.end();
});
