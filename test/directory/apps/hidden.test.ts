// What an app hides, or a rule takes away, is neither shown nor found: whatever the face makes, and with whatever options.
import t from 'tap';
import { type AppShape, appSnapshotSteps, LargeValues } from '../../../src/directory/apps/app-snapshot.js';
import { compareEntry } from '../../../src/directory/compare.js';
import { NO_LIMITS, openSearch } from '../../../src/directory/search.js';
import { buildSnapshot, type Snapshot } from '../../../src/directory/snapshot.js';
import { Work } from '../../../src/directory/work.js';
import { activeDirectoryFace } from '../../../src/layout/activedirectory/face.js';
import { readAttributeRules } from '../../../src/layout/attribute-rules.js';
import { type Face, JUMPCLOUD_FACE } from '../../../src/layout/face.js';
import { knownFace } from '../../../src/layout/faces.js';
import { Layout } from '../../../src/layout/layout.js';
import { POSIX_FACE } from '../../../src/layout/posix-face.js';
import { formatDN } from '../../../src/ldap/dn.js';
import { parseFilter } from '../../../src/ldap/filter-text.js';
import { Scope } from '../../../src/ldap/message.js';
import { ResultCode } from '../../../src/ldap/result-code.js';
import { runToEnd } from '../../../src/runtime/cooperative.js';
import { attribute, dn, MEMBERS, ORG_BASE, person, rdn, upstreamGroup, upstreamUser } from '../../layout/image.js';
import { SPECIALS } from '../specials.js';
import { BASE_LAYOUT } from './organisation.js';

const layoutOf = (hiddenAttributes: readonly string[]) =>
  new Layout({
    orgBaseDN: dn(ORG_BASE),
    localBaseDN: dn('dc=corp,dc=example,dc=com'),
    usersRDN: rdn('ou=Users'),
    groupsRDN: rdn('ou=Groups'),
    hiddenAttributes,
    groupClasses: ['groupOfNames', 'posixGroup'],
  });

const TAGGED = [attribute('title', 'Cook'), attribute('title;lang-de', 'Koch'), attribute('sn;lang-fr', 'Nom')];
const base = buildSnapshot(
  {
    gates: new Map(),
    everyone: true,
    users: MEMBERS.map((uid) => {
      const { dn: name, attributes } = person(uid);
      return { dn: name, attributes: [...attributes.filter(({ type }) => type !== 'title'), ...TAGGED] };
    }),
    groups: [
      {
        dn: upstreamGroup('crew'),
        attributes: [
          attribute('objectClass', 'top', 'groupOfNames'),
          attribute('cn', 'crew'),
          attribute('member', ...MEMBERS.map(upstreamUser)),
        ],
      },
    ],
  },
  BASE_LAYOUT,
  0,
);

type Rules = Parameters<typeof readAttributeRules>[0];

function snapshotWith(face: Face, rules: Rules, hiddenAttributes: readonly string[]): [Snapshot, Layout] {
  const read = readAttributeRules(rules, knownFace(face.name));
  if ('faults' in read) throw new Error(JSON.stringify(read.faults));
  const layout = layoutOf(hiddenAttributes);
  const shape: AppShape = { layout, members: () => true, face, ...read };
  return [runToEnd(appSnapshotSteps(base, shape, new LargeValues())), layout];
}

const plain = layoutOf([]);
const DOMAIN = activeDirectoryFace({
  orgId: '5f1c0a9e7b3d4c2a8e6f9d10',
  baseDN: plain.localBaseDN,
  usersDN: plain.localUsersDN,
  groupsDN: plain.localGroupsDN,
});

function found(snapshot: Snapshot, layout: Layout, filter: string) {
  const request = {
    kind: 'searchRequest',
    ...{ baseObject: formatDN(layout.localBaseDN), scope: Scope.wholeSubtree },
    ...{ derefAliases: 0, sizeLimit: 0, timeLimit: 0, typesOnly: false, attributes: ['*', '+'] },
    filter: parseFilter(filter)!,
  } as const;
  const source = openSearch(snapshot, SPECIALS, request, NO_LIMITS);
  const entries: { name: string; types: string[] }[] = [];
  for (;;) {
    const next = source.advance(new Work(1000), 0);
    if (next === 'again') continue;
    if (!('kind' in next)) return entries;
    entries.push({ name: next.objectName, types: next.attributes.map(({ type }) => type) });
  }
}

/** What is gone, by a rule or because it is hidden, and a value that it would have. */
const GONE: readonly [
  name: string,
  face: Face,
  rules: Rules,
  hidden: readonly string[],
  type: string,
  value: string,
][] = [
  ...['uidNumber', 'gidNumber', 'homeDirectory', 'loginShell'].map(
    (type) => [`${type} of posix`, POSIX_FACE, {}, [type], type, '1'] as (typeof GONE)[number],
  ),
  ...['uidNumber', 'homeDirectory'].map(
    (type) => [`${type} of posix, by a rule`, POSIX_FACE, { [type]: false }, [], type, '1'] as (typeof GONE)[number],
  ),
  ['displayName of a domain', DOMAIN, {}, ['displayName'], 'displayName', 'x'],
  ['displayName of a domain, by a rule', DOMAIN, { displayName: false }, [], 'displayName', 'x'],
  ['pwdLastSet', DOMAIN, { pwdLastSet: false }, [], 'pwdLastSet', '1'],
  ['userPrincipalName', DOMAIN, { userPrincipalName: false }, [], 'userPrincipalName', 'x'],
  ['userAccountControl, hidden', DOMAIN, {}, ['userAccountControl'], 'userAccountControl', '512'],
  ['title with options', JUMPCLOUD_FACE, { title: false }, [], 'title', 'Koch'],
  ['sn with options', JUMPCLOUD_FACE, { sn: false }, [], 'sn', 'Nom'],
  ['title with options, hidden', JUMPCLOUD_FACE, {}, ['title'], 'title', 'Koch'],
  ['a rule’s own, hidden', JUMPCLOUD_FACE, { handle: '{uid}' }, ['handle'], 'handle', 'brim.tolvane'],
];

t.test('what is gone is in no entry, and found by no question', async (t) => {
  for (const [name, face, rules, hidden, type, value] of GONE) {
    const [snapshot, layout] = snapshotWith(face, rules, hidden);
    const all = found(snapshot, layout, '(objectClass=*)');
    t.ok(all.length > MEMBERS.length, name);
    const shown = all.flatMap(({ types }) => types).filter((each) => each.split(';')[0] === type);
    t.same(shown, [], name);
    for (const filter of [`(${type}=*)`, `(!(!(${type}=*)))`, `(${type}=${value})`, `(!(!(${type}=${value})))`])
      t.same(found(snapshot, layout, filter), [], `${name}: ${filter}`);
    const [person] = found(snapshot, layout, '(objectClass=person)');
    const op = {
      kind: 'compareRequest',
      entry: person?.name ?? '',
      attribute: type,
      value: Buffer.from(value),
    } as const;
    const { code } = compareEntry(snapshot, SPECIALS, op);
    t.ok([ResultCode.noSuchAttribute, ResultCode.undefinedAttributeType].includes(code as 16), `${name}: ${code}`);
  }
});

t.test('rules know the names of their face, and replace nothing that entries are known by', async (t) => {
  const faults = (rules: Rules, face: 'activedirectory' | 'posix' | 'jumpcloud' = 'activedirectory') => {
    const read = readAttributeRules(rules, knownFace(face));
    return 'faults' in read ? read.faults.map(({ key, message }) => `${key}: ${message}`) : [];
  };
  for (const name of [
    'objectGUID',
    'objectSid',
    'objectCategory',
    'sAMAccountName',
    'name',
    'distinguishedName',
    'cn',
  ]) {
    t.match(faults({ [name]: 'uid' }), [`${name}: ${name} comes from the face activedirectory`], name);
    t.match(faults({ [name]: false }), [`${name}: ${name} cannot be hidden`], name);
  }
  for (const name of ['sAMAccountName', 'objectGUID', 'userPrincipalName'])
    t.match(faults({ handle: name }), [`handle: ${name} comes from the face activedirectory, and rules can only read`]);
  t.match(faults({ handle: '{sAMAccountName}' }), [/comes from the face/]);
  t.match(faults({ userAccountControl: 'manager' }), [/a name of an entry \(DN\) must stay one/]);
  for (const rules of [{ pwdLastSet: false }, { userPrincipalName: 'mail' }, { displayName: '{sn}' }] as Rules[])
    t.same(faults(rules), [], JSON.stringify(rules));
  t.same(faults({ loginShell: { value: '/bin/zsh' }, homeDirectory: '/srv/{uid}' } as Rules, 'posix'), []);
  t.match(faults({ handle: 'sAMAccountName' }, 'jumpcloud'), [/there is no attribute sAMAccountName/]);
});

t.test('a rule in place of an attribute with one value has one', async (t) => {
  const [snapshot, layout] = snapshotWith(DOMAIN, { userPrincipalName: 'title' }, []);
  for (const { types } of found(snapshot, layout, '(userPrincipalName=*)'))
    t.equal(types.filter((type) => type === 'userPrincipalName').length, 1);
  t.equal(found(snapshot, layout, '(userPrincipalName=cook)').length, MEMBERS.length);
});

t.test('one member sees no other in its groups, whatever a rule makes of their lists (R29, R31)', async (t) => {
  const [self, other] = MEMBERS as unknown as [string, string];
  const rules = {
    uids: { from: 'memberUid', for: 'groups' },
    description: { from: 'memberUid', for: 'groups' },
    info: { from: '{memberUid}', for: 'groups' },
    people: { from: 'member', for: 'groups' },
    first: { from: '{memberUid} of {cn}', for: 'groups' },
  } as const;
  for (const face of [JUMPCLOUD_FACE, POSIX_FACE, DOMAIN]) {
    const [snapshot] = snapshotWith(face, rules, []);
    const view = snapshot.viewOf(self);
    const groups = view.entries.filter(({ kind }) => kind === 'group');
    t.ok(groups.length > 0, `${face.name}: it sees its group`);
    const said = groups.flatMap(({ attributes }) =>
      [...attributes.values()].flatMap(({ values }) => values.map(String)),
    );
    t.ok(
      said.some((value) => value.includes(self)),
      face.name,
    );
    t.notOk(
      said.some((value) => value.includes(other)),
      `${face.name}: ${said.filter((value) => value.includes(other)).join()}`,
    );
  }
});

t.test('rules that read each other are bounded by what they come down to', async (t) => {
  const chain = (levels: number, text: (next: string) => string) =>
    Object.fromEntries(
      Array.from({ length: levels }, (_, i) => [`ax${i}`, i + 1 < levels ? text(`ax${i + 1}`) : '{givenName}']),
    );
  for (const levels of [8, 22, 90]) {
    const read = readAttributeRules(chain(levels, (next) => `{${next}}{${next}}`));
    t.equal('faults' in read, levels > 9, `${levels} levels, each twice`);
    if ('faults' in read) t.match(read.faults[0]?.message, /made from \d+ attributes/);
  }
  t.notOk('faults' in readAttributeRules(chain(90, (next) => `{${next}}!`)), 'a long chain is none of it');
});

t.test('people and groups have a SID each, even where entryUUID and numbers are hidden', async (t) => {
  for (const hidden of [['entryUUID'], ['entryUUID', 'uidNumber', 'gidNumber']]) {
    const [snapshot] = snapshotWith(DOMAIN, {}, hidden);
    const sids = snapshot.entries.flatMap(({ kind, attributes }) =>
      kind === 'user' || kind === 'group'
        ? (attributes.get('objectsid')?.values.map((one) => one.toString('hex')) ?? [])
        : [],
    );
    t.ok(sids.length > MEMBERS.length);
    t.equal(new Set(sids).size, sids.length, hidden.join());
  }
});
