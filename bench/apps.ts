// What apps cost: 20,000 people, 1, 5 and 20 apps with all of them in each: `npx tsx --expose-gc bench/apps.ts`.
// Memory counts the heap and buffers, after building and again after a full scan, a large group and index look-ups in every app. Building runs in
// slices of a millisecond; the longest turn of one is reported, too.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type AppShape, appSnapshotSteps, LargeValues } from '../src/directory/apps/app-snapshot.js';
import type { UpstreamEntry, UpstreamImage } from '../src/directory/reader.js';
import { makeRootDSE } from '../src/directory/root-dse.js';
import { NO_LIMITS, openSearch } from '../src/directory/search.js';
import { type Snapshot, snapshotSteps } from '../src/directory/snapshot.js';
import { makeSubschema } from '../src/directory/subschema.js';
import { Work } from '../src/directory/work.js';
import { readAttributeRules } from '../src/layout/attribute-rules.js';
import { JUMPCLOUD_FACE } from '../src/layout/face.js';
import { Layout } from '../src/layout/layout.js';
import { parseDN } from '../src/ldap/dn.js';
import { parseFilter } from '../src/ldap/filter-text.js';
import { Scope } from '../src/ldap/message.js';
import type { Steps } from '../src/runtime/cooperative.js';
import { table } from './report.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const PEOPLE = 20_000;
const GROUPS = 200;
const ORG = 'o=5f1c0a9e7b3d4c2a8e6f9d10,dc=jumpcloud,dc=com';
const USERS = `ou=Users,${ORG}`;
const uidOf = (number: number) => `user${String(number).padStart(5, '0')}`;
const attribute = (type: string, ...texts: string[]) => ({ type, values: texts.map((text) => Buffer.from(text)) });

function person(number: number): UpstreamEntry {
  const uid = uidOf(number);
  return {
    dn: `uid=${uid},${USERS}`,
    attributes: [
      attribute(
        'objectClass',
        'top',
        'person',
        'organizationalPerson',
        'inetOrgPerson',
        'shadowAccount',
        'posixAccount',
        'jumpcloudUser',
      ),
      attribute('uid', uid),
      attribute('cn', `Person ${number}`),
      attribute('sn', `Surname ${number}`),
      attribute('givenName', 'Person'),
      attribute('displayName', `Person ${number}`),
      attribute('mail', `${uid}@example.test`),
      attribute('uidNumber', String(10_000 + number)),
      attribute('gidNumber', String(10_000 + number)),
      attribute('homeDirectory', `/home/${uid}`),
      attribute('loginShell', '/bin/bash'),
      attribute('title', 'Engineer'),
      attribute('departmentNumber', '7'),
      attribute('company', 'Fernhollow Test GmbH'),
      attribute('employeeNumber', String(number)),
      attribute('employeeType', 'employee'),
      attribute('telephoneNumber', `+49 30 ${number}`),
      attribute('manager', `uid=${uidOf(number % 100)},${USERS}`),
    ],
  };
}

function group(number: number): UpstreamEntry {
  const isAll = number === 0;
  const members = Array.from({ length: isAll ? PEOPLE : 200 }, (_, i) => (isAll ? i : (number * 97 + i * 31) % PEOPLE));
  return {
    dn: `cn=group${number},${USERS}`,
    attributes: [
      attribute('objectClass', 'top', 'groupOfNames'),
      attribute('cn', `group${number}`),
      attribute('member', ...members.map((one) => `uid=${uidOf(one)},${USERS}`)),
    ],
  };
}

const layoutOf = (base: string | undefined) =>
  new Layout({
    orgBaseDN: parseDN(ORG)!,
    ...(base === undefined ? {} : { localBaseDN: parseDN(base)! }),
    usersRDN: parseDN('ou=People')![0]!,
    groupsRDN: parseDN('ou=Groups')![0]!,
    hiddenAttributes: [],
    groupClasses: ['groupOfNames'],
  });

const rules = readAttributeRules({ handle: '{uid}@{departmentNumber}', nick: 'displayName', sshPublicKey: 'sshKey' });
if ('faults' in rules) throw new Error(JSON.stringify(rules.faults));
const shape = (number: number): AppShape => ({
  layout: layoutOf(`dc=app${number},dc=test`),
  members: () => true,
  face: JUMPCLOUD_FACE,
  ...rules,
});

let longest = 0;

/** Milliseconds of processor time: other processes may use the machine, too. */
function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** In slices of a millisecond, as the builder runs it. */
function run<Result>(steps: Steps<Result>): { result: Result; ms: number } {
  const start = performance.now();
  for (;;) {
    const began = performance.now();
    const before = cpu();
    do {
      const { done, value } = steps.next();
      if (done === true) return { result: value, ms: performance.now() - start };
    } while (performance.now() - began < 1);
    longest = Math.max(longest, cpu() - before);
  }
}

function memory(): number {
  for (let i = 0; i < 4; i++) collect();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

const specials = {
  rootDSE: makeRootDSE({
    ...{
      namingContexts: [],
      supportedExtension: [],
      supportedControl: [],
      supportedSASLMechanisms: [],
      vendorVersion: '',
    },
  }),
  subschema: makeSubschema(),
};

/** Runs a search; returns the number of entries, the milliseconds it took, and the longest turn. */
function search(snapshot: Snapshot, filter: string, attributes: readonly string[] = []) {
  const baseObject = snapshot.entries[0]!.dn;
  const cursor = openSearch(
    snapshot,
    specials,
    {
      kind: 'searchRequest',
      baseObject,
      scope: Scope.wholeSubtree,
      derefAliases: 0,
      sizeLimit: 0,
      timeLimit: 0,
      typesOnly: false,
      filter: parseFilter(filter)!,
      attributes: [...attributes],
    },
    NO_LIMITS,
  );
  let entries = 0;
  let turn = 0;
  const start = cpu();
  for (;;) {
    const began = cpu();
    const next = cursor.advance(new Work(2000), 0);
    turn = Math.max(turn, cpu() - began);
    if (next === 'again') continue;
    if (!('kind' in next)) break;
    entries++;
  }
  cursor.release();
  return { entries, ms: cpu() - start, turn };
}

const PROBES = [
  ['by uid', '(uid=user12345)'],
  ['by mail', '(mail=user12345@example.test)'],
  ['by memberOf and uid', 'MEMBER'],
  ['by a derived attribute', '(handle=user12345@7)'],
  ['by an alias', '(nick=Person 12345)'],
] as const;

/** Microseconds for a search of one entry: the median of many. */
function oneEntry(snapshot: Snapshot, filter: string): string {
  search(snapshot, filter);
  const times = Array.from({ length: 400 }, () => search(snapshot, filter).ms).sort((a, b) => a - b);
  return (1000 * times[200]!).toFixed(0);
}

const start = memory();
let image: UpstreamImage | undefined = {
  gates: new Map(),
  everyone: true,
  users: Array.from({ length: PEOPLE }, (_, i) => person(i)),
  groups: Array.from({ length: GROUPS }, (_, i) => group(i)),
};
const renamed = run(snapshotSteps(image, layoutOf('dc=one,dc=test'), 0));
const { result: base, ms: baseTime } = run(snapshotSteps(image, layoutOf(undefined), 0));
const memberFilter = (name: string) => `(&(memberOf=cn=group0,ou=Groups,${name})(uid=user12345))`;
const today = PROBES.map(([, filter]) =>
  oneEntry(renamed.result, filter === 'MEMBER' ? memberFilter('dc=one,dc=test') : filter),
);
const todayScan = search(renamed.result, '(telephoneNumber=*12345*)');
const todayDump = search(renamed.result, '(objectClass=*)', ['*', '+']);
(renamed as { result?: Snapshot }).result = undefined as never;
// The buffers that hold the values stay; nothing of the image itself is kept.
image = undefined;

const room = new LargeValues();
const apps: Snapshot[] = [];
const rows: string[][] = [];
let build = 0;
for (let count = 1; count <= 20; count++) {
  const made = run(appSnapshotSteps(base, shape(count), room));
  if (count === 1) longest = 0; // leaves out what is computed once for all apps
  apps.push(made.result);
  build += made.ms;
  if (![1, 5, 20].includes(count)) continue;
  const built = memory() - start;
  for (const app of apps) {
    const name = app.entries[0]!.dn;
    search(app, '(objectClass=*)', ['*', '+']);
    search(app, `(cn=group0)`);
    search(app, `(member=uid=user00007,ou=People,${name})`, ['cn']);
    for (const [, filter] of PROBES) if (filter !== 'MEMBER') search(app, filter);
  }
  rows.push([String(count), built.toFixed(1), (memory() - start).toFixed(1), (build / count).toFixed(0)]);
}
const app = apps[0]!;
console.log(`The snapshot that all share was built in ${baseTime.toFixed(0)} ms. Node ${process.version}.`);
console.log(
  `The longest turn while building: ${longest.toFixed(2)} ms. Large values that are kept: ${(room.size / 2 ** 20).toFixed(1)} MiB.\n`,
);
console.log(table(['Apps', 'MiB, built', 'MiB, used', 'ms to build each'], rows));
const scan = search(app, '(telephoneNumber=*12345*)');
const dump = search(app, '(objectClass=*)', ['*', '+']);
const large = search(app, '(cn=group0)');
const cell = ({ ms, turn }: typeof scan) => `${ms.toFixed(1)} ms, turns of ${turn.toFixed(2)} ms`;
console.log(
  table(
    ['Search', 'An app', 'A snapshot of its own'],
    [
      ...PROBES.map(([title, filter], i) => [
        title,
        `${oneEntry(app, filter === 'MEMBER' ? memberFilter('dc=app1,dc=test') : filter)} µs`,
        `${today[i]} µs`,
      ]),
      ['all looked at, one found', cell(scan), cell(todayScan)],
      ['all sent', cell(dump), cell(todayDump)],
      ['the group of all', cell(large), ''],
    ],
  ),
);
