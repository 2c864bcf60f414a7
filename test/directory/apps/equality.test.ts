// Equality by an index says what a look at every entry says, and each entry once: for rules and faces whose attributes have subtypes as well.
import t from 'tap';
import { type AppShape, appSnapshotSteps, LargeValues } from '../../../src/directory/apps/app-snapshot.js';
import { NO_LIMITS, openSearch } from '../../../src/directory/search.js';
import { buildSnapshot, type Snapshot } from '../../../src/directory/snapshot.js';
import { Work } from '../../../src/directory/work.js';
import { activeDirectoryFace } from '../../../src/layout/activedirectory/face.js';
import { readAttributeRules } from '../../../src/layout/attribute-rules.js';
import { type Face, JUMPCLOUD_FACE } from '../../../src/layout/face.js';
import { Layout } from '../../../src/layout/layout.js';
import { formatDN } from '../../../src/ldap/dn.js';
import type { Filter } from '../../../src/ldap/filter.js';
import { Scope } from '../../../src/ldap/message.js';
import { runToEnd } from '../../../src/runtime/cooperative.js';
import { attribute, dn, MEMBERS, ORG_BASE, person, rdn, upstreamGroup, upstreamUser } from '../../layout/image.js';
import { SPECIALS } from '../specials.js';
import { BASE_LAYOUT } from './organisation.js';

const LAYOUT = new Layout({
  orgBaseDN: dn(ORG_BASE),
  localBaseDN: dn('dc=corp,dc=example,dc=com'),
  usersRDN: rdn('ou=Users'),
  groupsRDN: rdn('ou=Groups'),
  hiddenAttributes: [],
  groupClasses: ['groupOfNames', 'posixGroup'],
});

const group = (cn: string, ...uids: string[]) => ({
  dn: upstreamGroup(cn),
  attributes: [
    attribute('objectClass', 'top', 'groupOfNames'),
    attribute('cn', cn),
    attribute('member', ...uids.map(upstreamUser)),
  ],
});

const base = buildSnapshot(
  {
    gates: new Map(),
    everyone: true,
    users: MEMBERS.map((uid) => person(uid)),
    // A group by a person's name among them.
    groups: [group('crew', 'brim.tolvane', 'selka.ruvane'), group('brim.tolvane', 'Wenna.Ost')],
  },
  BASE_LAYOUT,
  0,
);

function snapshotWith(face: Face, rules: Parameters<typeof readAttributeRules>[0] = {}): Snapshot {
  const read = readAttributeRules(rules);
  if ('faults' in read) throw new Error(JSON.stringify(read.faults));
  const shape: AppShape = { layout: LAYOUT, members: () => true, face, ...read };
  return runToEnd(appSnapshotSteps(base, shape, new LargeValues()));
}

function found(snapshot: Snapshot, filter: Filter): string[] {
  const request = {
    kind: 'searchRequest',
    baseObject: formatDN(LAYOUT.localBaseDN),
    scope: Scope.wholeSubtree,
    derefAliases: 0,
    sizeLimit: 0,
    timeLimit: 0,
    typesOnly: false,
    filter,
    attributes: ['1.1'],
  } as const;
  const source = openSearch(snapshot, SPECIALS, request, NO_LIMITS);
  const names: string[] = [];
  for (;;) {
    const next = source.advance(new Work(1000), 0);
    if (next === 'again') continue;
    if (!('kind' in next)) return names;
    names.push(next.objectName);
  }
}

const ACTIVE_DIRECTORY = activeDirectoryFace({
  orgId: '5f1c0a9e7b3d4c2a8e6f9d10',
  baseDN: LAYOUT.localBaseDN,
  usersDN: LAYOUT.localUsersDN,
  groupsDN: LAYOUT.localGroupsDN,
});

const not = (filter: Filter): Filter => ({ kind: 'not', filter });

for (const [name, snapshot] of [
  ['Active Directory', snapshotWith(ACTIVE_DIRECTORY)],
  ['a template for a supertype', snapshotWith(JUMPCLOUD_FACE, { name: '{givenName} {sn}' })],
  ['an alias for a supertype', snapshotWith(JUMPCLOUD_FACE, { name: 'cn', distinguishedName: 'memberOf' })],
] as const)
  t.test(`${name}: equality finds what a look at all entries finds, and each entry once`, async (t) => {
    let asked = 0;
    for (const entry of snapshot.entries)
      for (const attribute of entry.attributes.values())
        for (const value of attribute.values) {
          if (attribute.type?.equality === undefined) continue;
          for (const description of [attribute.name, ...(attribute.type.superior?.names.slice(0, 1) ?? [])]) {
            const filter: Filter = { kind: 'equalityMatch', attribute: description, value };
            const byIndex = found(snapshot, filter);
            const byLook = found(snapshot, not(not(filter)));
            if (String([...byIndex].sort()) !== String([...byLook].sort()))
              t.fail(`(${description}=${value}): ${byIndex.join(' + ')} and not ${byLook.join(' + ')}`);
            asked++;
          }
        }
    t.ok(asked > 100, `${asked} filters`);
  });

t.test(
  'a name of Active Directory is not a supertype: it finds only its own attribute, and returns nothing with it',
  (t) => {
    const snapshot = snapshotWith(ACTIVE_DIRECTORY);
    const name = 'CN=brim.tolvane,ou=Users,dc=corp,dc=example,dc=com';
    const named: Filter = { kind: 'equalityMatch', attribute: 'distinguishedName', value: Buffer.from(name) };
    t.same(found(snapshot, named), [name], 'not the groups that have it as a member');
    t.end();
  },
);
