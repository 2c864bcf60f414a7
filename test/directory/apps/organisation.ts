// Random organisations and apps for the properties: people, groups of all kinds, and everybody's names in all places where names can be.
import fc from 'fast-check';
import type { SnapshotEntry } from '../../../src/directory/entry.js';
import type { UpstreamEntry, UpstreamImage } from '../../../src/directory/reader.js';
import { type GroupClass, Layout } from '../../../src/layout/layout.js';
import type { Filter } from '../../../src/ldap/filter.js';
import { Scope, type SearchRequest } from '../../../src/ldap/message.js';
import { attribute, dn, ORG, ORG_BASE, octets, rdn, upstreamGroup, upstreamUser } from '../../layout/image.js';

export const UIDS = ['anna', 'Bert', 'carl,x', 'dörte', 'eve', 'Finn', 'gina'];
const GROUPS = ['Alpha', 'beta', 'Gamma (x)', 'alphalinux', 'ops', 'Ops Linux'];
const NAMES = [...UIDS.map(upstreamUser), ...GROUPS.map(upstreamGroup), upstreamUser('nobody'), 'not a name'];
/** As another server may spell them. */
const spelt = fc.constantFrom(...NAMES).chain((name) => fc.constantFrom(name, name, name.toUpperCase()));

const some = <Value>(one: fc.Arbitrary<Value>, maxLength = 4) => fc.array(one, { maxLength });
const texts = (type: string, all: readonly string[]) => (all.length === 0 ? [] : [attribute(type, ...all)]);

const person = (uid: string): fc.Arbitrary<UpstreamEntry> =>
  fc
    .record({
      managers: some(spelt, 2),
      secretary: some(spelt, 1),
      boss: some(spelt, 1),
      description: some(fc.constantFrom('sailor', `under O=${ORG}`, `uid=eve, ou=Users,${ORG_BASE}`, 'x'), 2),
      own: fc.constantFrom([], [attribute(`x-of-${uid.replace(/[^a-z]/gi, '')}`, 'own')], [attribute('x-many', 'own')]),
      title: fc.constantFrom('cook', 'Cook', 'mate'),
      tagged: fc.boolean(),
      gid: fc.constantFrom('7001', '7002', '7003'),
    })
    .map(({ managers, secretary, boss, description, own, title, tagged, gid }) => ({
      dn: upstreamUser(uid),
      attributes: [
        attribute(
          'objectClass',
          'top',
          'person',
          'organizationalPerson',
          'inetOrgPerson',
          ...(own.length > 0 ? [`c-${title}`] : []),
        ),
        attribute('uid', uid),
        attribute('cn', `${uid} Name`),
        attribute('sn', title),
        attribute('title', title),
        attribute('mail', `${uid.replace(/[^a-z]/gi, '')}@x.test`),
        attribute('uidNumber', String(UIDS.indexOf(uid) + 7000)),
        attribute('gidNumber', gid),
        attribute('sshKey', `key of ${uid}`),
        ...(tagged ? [attribute('sn;lang-cs', 'Cs')] : []),
        ...texts('manager', managers),
        ...texts('secretary', secretary),
        ...texts('x-boss', boss),
        ...texts('description', description),
        attribute('userPassword', 'secret'),
        ...own,
      ],
    }));

const group = (cn: string): fc.Arbitrary<UpstreamEntry> =>
  fc
    .record({
      members: some(spelt, 6),
      unique: some(
        fc.oneof(
          spelt,
          spelt.map((name) => `${name}#'01'B`),
        ),
        2,
      ),
      uids: some(fc.constantFrom(...UIDS, 'nobody'), 5),
      owner: some(spelt, 2),
      gid: fc.constantFrom([], ['7901'], ['200001']),
      isLinux: fc.boolean(),
    })
    .map(({ members, unique, uids, owner, gid, isLinux }) => ({
      dn: upstreamGroup(cn),
      attributes: [
        attribute('objectClass', 'top', isLinux ? 'posixGroup' : 'groupOfNames'),
        attribute('cn', cn),
        ...texts('member', isLinux ? [] : members),
        ...texts('uniqueMember', isLinux ? [] : unique),
        ...texts('memberUid', isLinux ? uids : uids.slice(0, 1)),
        ...texts('owner', owner),
        ...texts('gidNumber', gid),
      ],
    }));

/** The upstream's definitions: a subtype of what may be hidden, and operational ones. */
const schema: UpstreamEntry = {
  dn: 'cn=Subschema',
  attributes: [
    attribute(
      'attributeTypes',
      "( 1.2.3.4.1 NAME 'x-many' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 EQUALITY caseIgnoreMatch )",
      "( 1.2.3.4.2 NAME 'x-boss' SUP distinguishedName )",
      "( 1.2.3.4.3 NAME 'x-of-anna' SUP title )",
    ),
    attribute('objectClasses', "( 1.2.3.5.1 NAME 'c-cook' SUP person AUXILIARY MAY ( x-many $ x-boss ) )"),
  ],
};

export const organisation: fc.Arbitrary<UpstreamImage> = fc
  .record({
    users: fc.tuple(...UIDS.map(person)),
    groups: fc.tuple(...GROUPS.map(group)),
    hasSchema: fc.boolean(),
  })
  .map(({ users, groups, hasSchema }) => ({
    gates: new Map(),
    everyone: true,
    users,
    groups,
    ...(hasSchema ? { schema } : {}),
  }));

const HIDEABLE = [
  'title',
  'member',
  'memberOf',
  'memberUid',
  'gidNumber',
  'mail',
  'entryUUID',
  'x-many',
  'objectClass',
  'uniqueMember',
  'manager',
];
const CLASSES: readonly GroupClass[] = ['groupOfNames', 'groupOfUniqueNames', 'posixGroup'];

/** An app's layout, and who is in it. */
export interface App {
  readonly layout: Layout;
  readonly isIn: (uid: string) => boolean;
}

export const app: fc.Arbitrary<App> = fc
  .record({
    isRenamed: fc.boolean(),
    isOneContainer: fc.boolean(),
    hidden: fc.subarray(HIDEABLE, { maxLength: 3 }),
    classes: fc.oneof(fc.constant<GroupClass[]>(['groupOfNames']), fc.subarray([...CLASSES], { minLength: 1 })),
    people: fc.oneof(fc.constant(UIDS), fc.subarray(UIDS)),
  })
  .map(({ isRenamed, isOneContainer, hidden, classes, people }) => ({
    layout: new Layout({
      orgBaseDN: dn(ORG_BASE),
      ...(isRenamed ? { localBaseDN: dn('dc=app,dc=test') } : {}),
      usersRDN: rdn('ou=People'),
      groupsRDN: rdn(isOneContainer ? 'ou=People' : 'ou=Teams'),
      hiddenAttributes: hidden,
      groupClasses: classes,
    }),
    isIn: (uid) => people.includes(uid),
  }));

/** The layout of the snapshot that all apps are made from. */
export const BASE_LAYOUT = new Layout({
  orgBaseDN: dn(ORG_BASE),
  usersRDN: rdn('ou=Users'),
  groupsRDN: rdn('ou=Users'),
  hiddenAttributes: [],
  groupClasses: ['groupOfNames'],
});

const TYPES = [
  'uid',
  'CN',
  'sn',
  'title',
  'mail',
  'member',
  'memberOf',
  'uniqueMember',
  'memberUid',
  'manager',
  'owner',
  'gidNumber',
  'objectClass',
  'entryDN',
  'entryUUID',
  'description',
  'sn;lang-cs',
  'numSubordinates',
  'structuralObjectClass',
  'name',
  'distinguishedName',
  'secretary',
  'sshKey',
  'userPassword',
  'nope',
];

/** Types that only this organisation knows. */
export const OWN_TYPES = ['x-boss', 'x-many', 'x-of-anna'];

/** Filters about what there is in an app: about half of them ask for a value that one of its entries has. */
function filterOf(entries: readonly SnapshotEntry[], more: readonly string[]): fc.Arbitrary<Filter> {
  const dns = entries.map((entry) => entry.dn);
  const occurring = entries.flatMap(({ attributes }) =>
    [...attributes.values()].flatMap(({ name, values }) => values.map((value) => [name, value] as const)),
  );
  const type = fc.constantFrom(...TYPES, ...more);
  const value = fc
    .constantFrom(
      ...dns,
      ...NAMES,
      ...UIDS,
      'cook',
      'mate',
      'x',
      '7001',
      '7901',
      '200001',
      'inetOrgPerson',
      'groupOfNames',
      'posixGroup',
      'top',
      'person',
      'c-cook',
      'own',
      'anna@x.test',
      'organizationalUnit',
      '2',
    )
    .map((text) => octets(text)[0]!);
  return fc.letrec<{ filter: Filter }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.record({ kind: fc.constant('present' as const), attribute: type }),
      fc.record({ kind: fc.constant('equalityMatch' as const), attribute: type, value }),
      fc
        .constantFrom(...occurring)
        .map(([attribute, one]): Filter => ({ kind: 'equalityMatch', attribute, value: one })),
      fc
        .constantFrom(...occurring)
        .map(([attribute, one]): Filter => ({ kind: 'equalityMatch', attribute, value: one })),
      fc.record({ kind: fc.constantFrom('greaterOrEqual' as const, 'lessOrEqual' as const), attribute: type, value }),
      fc
        .record({
          kind: fc.constant('substrings' as const),
          attribute: type,
          initial: value.map((one) => one.subarray(0, 2)),
          any: fc.constant([]),
        })
        .filter(({ initial }) => initial.length > 0),
      fc.record({
        kind: fc.constant('extensibleMatch' as const),
        attribute: fc.constantFrom('member', 'memberOf', 'manager'),
        matchingRule: fc.constantFrom('1.2.840.113556.1.4.1941', 'dnSubtreeMatch'),
        value,
        dnAttributes: fc.boolean(),
      }),
      fc.record({
        kind: fc.constantFrom('and' as const, 'or' as const),
        filters: fc.array(tie('filter'), { maxLength: 10 }),
      }),
      tie('filter').map((inner): Filter => ({ kind: 'not', filter: inner })),
    ),
  })).filter;
}

export const requestOf = (
  entries: readonly SnapshotEntry[],
  more: readonly string[] = [],
): fc.Arbitrary<SearchRequest> => {
  const dns = entries.map((entry) => entry.dn);
  return fc
    .record({
      base: fc.oneof(fc.constant(''), fc.constantFrom(...dns), fc.constantFrom(...dns), fc.constantFrom(...NAMES)),
      scope: fc.constantFrom(
        Scope.baseObject,
        Scope.singleLevel,
        Scope.wholeSubtree,
        Scope.wholeSubtree,
        Scope.subordinateSubtree,
      ),
      filter: filterOf(entries, more),
      attributes: fc.oneof(
        fc.constant(['*', '+']),
        fc.constant([]),
        fc.array(fc.constantFrom(...TYPES, ...more, '1.1'), { maxLength: 3 }),
      ),
      typesOnly: fc.boolean(),
    })
    .map(
      ({ base, ...rest }): SearchRequest => ({
        kind: 'searchRequest',
        baseObject: base,
        derefAliases: 0,
        sizeLimit: 0,
        timeLimit: 0,
        ...rest,
      }),
    );
};
