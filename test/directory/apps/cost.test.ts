// The client that looks pays for what an app makes for that look, a little at a time: whatever the rule, the face and the filter.
import t from 'tap';
import { AppPlaces } from '../../../src/directory/apps/app-places.js';
import { type AppShape, appSnapshotSteps, LargeValues } from '../../../src/directory/apps/app-snapshot.js';
import { DerivedAttributes } from '../../../src/directory/apps/derived-attributes.js';
import { NO_LIMITS, openSearch } from '../../../src/directory/search.js';
import { buildSnapshot, type Snapshot } from '../../../src/directory/snapshot.js';
import { Work } from '../../../src/directory/work.js';
import { activeDirectoryFace } from '../../../src/layout/activedirectory/face.js';
import { readAttributeRules } from '../../../src/layout/attribute-rules.js';
import { type Face, JUMPCLOUD_FACE } from '../../../src/layout/face.js';
import { Layout } from '../../../src/layout/layout.js';
import { POSIX_FACE } from '../../../src/layout/posix-face.js';
import { formatDN } from '../../../src/ldap/dn.js';
import { parseFilter } from '../../../src/ldap/filter-text.js';
import { Scope } from '../../../src/ldap/message.js';
import { runToEnd } from '../../../src/runtime/cooperative.js';
import { attribute, dn, ORG_BASE, person, rdn, upstreamGroup, upstreamUser } from '../../layout/image.js';
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
const MEMBERS = 3000;
/** Some of them are in very many groups. */
const GROUPS = 300;
const uid = (i: number) => `person.${i}`;

const base = buildSnapshot(
  {
    gates: new Map(),
    everyone: true,
    users: Array.from({ length: MEMBERS }, (_, i) => person(uid(i))),
    groups: Array.from({ length: GROUPS }, (_, g) => ({
      dn: upstreamGroup(`group ${g}`),
      attributes: [
        attribute('objectClass', 'top', 'groupOfNames'),
        attribute('cn', `group ${g}`),
        attribute('member', ...Array.from({ length: g === 0 ? MEMBERS : 40 }, (_, i) => upstreamUser(uid(i)))),
      ],
    })),
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

/** What was made for a look so far: names of other entries, and attributes that are derived. */
const made = { names: 0, derived: 0 };
const { nameAt } = AppPlaces.prototype;
AppPlaces.prototype.nameAt = function counting(...args) {
  made.names++;
  return nameAt.apply(this, args);
};
const { make } = DerivedAttributes.prototype;
DerivedAttributes.prototype.make = function counting(...args) {
  made.derived++;
  return make.apply(this, args);
};

/** The units of work in one turn of the event loop. */
const TURN = 2000;

/** Runs a search; the most that was made in one turn, and what all cost. */
function run(snapshot: Snapshot, filter: string, attributes: readonly string[] = ['1.1']) {
  const request = {
    kind: 'searchRequest',
    baseObject: formatDN(LAYOUT.localBaseDN),
    scope: Scope.wholeSubtree,
    derefAliases: 0,
    sizeLimit: 0,
    timeLimit: 0,
    typesOnly: false,
    filter: parseFilter(filter)!,
    attributes: [...attributes],
  } as const;
  const source = openSearch(snapshot, SPECIALS, request, NO_LIMITS);
  const most = { names: 0, derived: 0 };
  const all = { names: 0, derived: 0, units: 0 };
  for (;;) {
    made.names = made.derived = 0;
    const work = new Work(TURN);
    const next = source.advance(work, 0);
    all.units += TURN - work.left;
    for (const what of ['names', 'derived'] as const) {
      all[what] += made[what];
      most[what] = Math.max(most[what], made[what]);
    }
    if (next !== 'again' && !('kind' in next)) return { most, all };
  }
}

const many = (item: string) => `(&${item.repeat(60)})`;
const ACTIVE_DIRECTORY = activeDirectoryFace({
  orgId: '5f1c0a9e7b3d4c2a8e6f9d10',
  baseDN: LAYOUT.localBaseDN,
  usersDN: LAYOUT.localUsersDN,
  groupsDN: LAYOUT.localGroupsDN,
});
const RULES = {
  people: { from: 'member', for: 'groups' },
  groups: 'memberOf',
  boss: 'manager',
  full: '{givenName} {sn}',
  crowd: { from: 'member', for: 'all' },
} as const;

/** Filters that look at what is made, the attributes that are asked for, and with which face and rules. */
type Look = readonly [name: string, snapshot: Snapshot, filter: string, attributes?: readonly string[]];
const LOOKS: readonly Look[] = [
  ...['(people=*)', '(groups=*)', '(boss=*)', '(full=*)', '(memberOf=*)', '(entryDN=*)', '(member=*)'].map(
    (item): Look => [item, snapshotWith(JUMPCLOUD_FACE, RULES), many(item)],
  ),
  ...['(objectGUID=*)', '(objectSid=*)', '(userPrincipalName=*)', '(memberOf=*)', '(member=*)'].map(
    (item): Look => [`${item} in a domain`, snapshotWith(ACTIVE_DIRECTORY, RULES), many(item)],
  ),
  ['posix classes', snapshotWith(POSIX_FACE), many('(objectClass=*)')],
  ['all that there is', snapshotWith(JUMPCLOUD_FACE, RULES), '(objectClass=*)', ['*', '+']],
  ['aliases sent', snapshotWith(JUMPCLOUD_FACE, RULES), '(cn=group 0)', ['people', 'crowd']],
  ['parts of a list', snapshotWith(ACTIVE_DIRECTORY, RULES), '(cn=group 0)', ['member;range=0-9', 'people']],
];

t.test('no turn makes more than it has units for', async (t) => {
  for (const [name, snapshot, filter, attributes] of LOOKS) {
    const { most } = run(snapshot, filter, attributes);
    t.ok(most.names <= TURN, `${name}: ${most.names} names in a turn`);
    t.ok(most.derived <= TURN / 4, `${name}: ${most.derived} derived attributes in a turn`);
  }
});

t.test('what is made is paid for', async (t) => {
  for (const [name, snapshot, filter, attributes] of LOOKS) {
    const { all } = run(snapshot, filter, attributes);
    const least = 2 * all.names + 8 * all.derived;
    t.ok(all.units >= least, `${name}: ${all.units} units for ${all.names} names, ${all.derived} derived`);
  }
});

t.test('a copy under a name that is compared otherwise has all of a long list as well', async (t) => {
  const rules = {
    description: { from: 'memberUid', for: 'groups' },
    carLicense: { from: 'memberUid', for: 'groups' },
  } as const;
  const snapshot = snapshotWith(POSIX_FACE, rules);
  const [group] = snapshot.equal('cn', 'group 0');
  for (const name of ['description', 'carlicense']) {
    const attribute = group?.attributes.get(name);
    t.equal(attribute?.isReady, false);
    t.same(attribute?.values.map(String), group?.attributes.get('memberuid')?.values.map(String), name);
    t.equal(attribute?.values.length, MEMBERS);
    t.equal(attribute?.equalTo(Buffer.from(uid(7))).length, 1);
  }
});

t.test('an alias of a long list is a long list, with the same values', async (t) => {
  const snapshot = snapshotWith(JUMPCLOUD_FACE, RULES);
  const [group] = snapshot.equal('cn', 'group 0');
  const [one, other] = [group?.attributes.get('people'), group?.attributes.get('member')];
  t.equal(one?.isReady, false);
  t.same(one?.values.map(String), other?.values.map(String));
  t.equal(one?.values.length, MEMBERS);
  t.same(snapshot.equal('people', other?.keys()[MEMBERS - 1] ?? ''), [group]);
});
