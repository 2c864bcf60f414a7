// Groups in the shapes that applications ask for, and what browsers learn about entries with children.
import t from 'tap';
import { type LocalGroup, shapeGroups } from '../../src/directory/group-shapes.js';
import { buildSnapshot } from '../../src/directory/snapshot.js';
import { Layout } from '../../src/layout/layout.js';
import { attribute, dn, image, LOCAL_BASE, ORG_BASE, rdn, renamed } from '../layout/image.js';

const uidOf = (name: string) => /^uid=([^,]+)/.exec(name)?.[1];
const member = (...uids: string[]) => attribute('member', ...uids.map((uid) => `uid=${uid},ou=People,${LOCAL_BASE}`));
const group = (cn: string, ...uids: string[]): LocalGroup => ({
  cn,
  attributes: [
    attribute('objectClass', 'top', 'groupOfNames'),
    attribute('cn', cn),
    attribute('description', 'tagGroup'),
    member(...uids),
  ],
});
const linux = (cn: string, gid: string, ...uids: string[]): LocalGroup => ({
  cn,
  attributes: [
    attribute('objectClass', 'top', 'posixGroup'),
    attribute('cn', cn),
    attribute('gidNumber', gid),
    attribute('memberUid', ...uids),
  ],
});
const GROUPS = [
  group('LDAP Files', 'a', 'b'),
  linux('ldapfiles', '7001', 'b', 'a'),
  group('Ops', 'a'),
  linux('other', '7002', 'a', 'c'),
];
const shown = ({ cn, attributes }: LocalGroup) => ({
  cn,
  ...Object.fromEntries(attributes.map(({ type, values }) => [type, values.map(String)])),
});
const MEMBERS = (...uids: string[]) => uids.map((uid) => `uid=${uid},ou=People,${LOCAL_BASE}`);

t.test('as JumpCloud has them, names and Linux twin are two entries', async (t) => {
  t.same(shapeGroups(GROUPS, ['groupOfNames'], uidOf), GROUPS);
});

t.test('a group gets every class that is configured, and its twin is folded in', async (t) => {
  const [files, ops, other, ...more] = shapeGroups(GROUPS, ['groupOfNames', 'groupOfUniqueNames', 'posixGroup'], uidOf);
  t.same(more, []);
  t.same(shown(files!), {
    cn: ['LDAP Files'],
    objectClass: ['top', 'groupOfNames', 'groupOfUniqueNames', 'posixGroup'],
    description: ['tagGroup'],
    member: MEMBERS('a', 'b'),
    uniqueMember: MEMBERS('a', 'b'),
    gidNumber: ['7001'],
    memberUid: ['a', 'b'],
  });
  t.match(shown(ops!), { cn: ['Ops'], memberUid: ['a'], gidNumber: [/^[0-9]{6,10}$/] });
  t.same(other, GROUPS[3], 'a Linux group without a twin stays');
});

t.test('a derived number is the same every time, and nobody else’s', async (t) => {
  const gid = (groups: readonly LocalGroup[]) =>
    shapeGroups(groups, ['posixGroup'], uidOf).map((one) => (shown(one) as { gidNumber?: string[] }).gidNumber?.[0]);
  t.same(gid([group('Ops', 'a')]), gid([group('OPS', 'a', 'b')]));
  const many = gid(Array.from({ length: 500 }, (_, i) => group(`group ${i}`, 'a')));
  t.equal(new Set(many).size, 500);
});

t.test('of several twins with the same people the one of the same name is taken', async (t) => {
  const twins = [linux('zeta', '1', 'a'), linux('ops_unix', '2', 'a'), linux('ops', '3', 'a')];
  const [ops] = shapeGroups([group('Ops', 'a'), ...twins], ['posixGroup'], uidOf);
  t.match(shown(ops!), { gidNumber: ['3'] });
  const [none] = shapeGroups([group('Crew', 'a'), ...twins], ['posixGroup'], uidOf);
  t.match(shown(none!), { gidNumber: [/^[0-9]{6,}$/] }, 'several and none alike: none');
});

t.test('in a snapshot: only visible members in every shape, empty groups are not there (R31)', async (t) => {
  const layout = new Layout({
    orgBaseDN: dn(ORG_BASE),
    localBaseDN: dn(LOCAL_BASE),
    usersRDN: rdn('ou=People'),
    groupsRDN: rdn('ou=Teams'),
    hiddenAttributes: [],
    groupClasses: ['groupOfNames', 'groupOfUniqueNames', 'posixGroup'],
  });
  const snapshot = buildSnapshot(image, layout, 0);
  const groups = snapshot.entries.filter(({ kind }) => kind === 'group');
  t.same(groups.map((entry) => entry.dn).sort(), [
    `cn=Dock (North),ou=Teams,${LOCAL_BASE}`,
    `cn=wayk-users,ou=Teams,${LOCAL_BASE}`,
  ]);
  for (const { attributes } of groups) {
    t.equal(attributes.get('member')?.values.length, 4);
    t.equal(attributes.get('uniquemember')?.values.length, 4);
    t.same(attributes.get('memberuid')?.values.map(String).sort(), [
      'Wenna.Ost',
      'brim.tolvane',
      'odd,ou=Users',
      'selka.ruvane',
    ]);
  }
  const own = snapshot.viewOf('brim.tolvane').entries.filter(({ kind }) => kind === 'group');
  for (const { attributes } of own) t.same(attributes.get('memberuid')?.values.map(String), ['brim.tolvane']);
});

t.test('entries say how many are directly below them, among those that the client can see', async (t) => {
  const snapshot = buildSnapshot(image, renamed, 0);
  const told = (view: { entries: typeof snapshot.entries }, name: string) => {
    const entry = view.entries.find((one) => one.dn === name);
    return ['hassubordinates', 'numsubordinates'].map((type) => String(entry?.attributes.get(type)?.values[0]));
  };
  t.same(told(snapshot, LOCAL_BASE), ['TRUE', '2']);
  t.same(told(snapshot, `ou=People,${LOCAL_BASE}`), ['TRUE', '4']);
  t.same(told(snapshot, renamed.localUserDN('brim.tolvane')), ['FALSE', '0']);
  t.same(
    told(snapshot.viewOf('brim.tolvane'), `ou=People,${LOCAL_BASE}`),
    ['TRUE', '1'],
    'a number reveals others, too',
  );
  t.same(told(snapshot.viewOf(''), `ou=People,${LOCAL_BASE}`), ['FALSE', '0']);
});

t.test('a group may have more members than a call may have arguments', async (t) => {
  const COUNT = 200_000;
  const people = Array.from({ length: COUNT }, (_, i) => Buffer.from(`uid=u${i},ou=People,${LOCAL_BASE}`));
  const many: LocalGroup = { cn: 'all', attributes: [attribute('cn', 'all'), { type: 'member', values: people }] };
  const [shaped] = shapeGroups([many], ['groupOfNames', 'groupOfUniqueNames', 'posixGroup'], uidOf);
  const counts = (shaped?.attributes ?? []).filter(({ values }) => values.length === COUNT).map(({ type }) => type);
  t.same(counts, ['member', 'uniqueMember', 'memberUid']);
});
