// `--scale`: only the directory, in this process and without sockets, from 100 to 100,000 members.
import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SnapshotBuilder } from '../src/directory/builder.js';
import type { UpstreamEntry, UpstreamImage } from '../src/directory/reader.js';
import { NO_LIMITS, openSearch } from '../src/directory/search.js';
import type { Snapshot } from '../src/directory/snapshot.js';
import { Work } from '../src/directory/work.js';
import { specialsByChannel } from '../src/gate/search/server-entries.js';
import { Layout } from '../src/layout/layout.js';
import { parseDN } from '../src/ldap/dn.js';
import type { Filter } from '../src/ldap/filter.js';
import { Scope, type SearchRequest } from '../src/ldap/message.js';
import { values } from '../src/ldap/values.js';
import { encodeMessage } from '../src/wire/encode.js';
import { GROUP, LOCAL_DN, ORG_DN, upstreamDN } from './people.js';
import { table } from './report.js';

export interface Size {
  readonly members: number;
  /** Bytes, heap and buffers. */
  readonly memoryPerMember: number;
  /** Milliseconds: to build the snapshot; to find that another read is the same; the longest turn of the event loop meanwhile. */
  readonly build: number;
  readonly rebuild: number;
  readonly longestTurn: number;
  /** Microseconds for one search, evaluated each time and encoded. */
  readonly byUid: number;
  readonly byMail: number;
  readonly bySubstring: number;
  readonly everybody: number;
}

const MEGABYTE = 1024 * 1024;
/** A search is repeated for this time (milliseconds), and at least this number of times. */
const REPEAT_TIME = 300;
const REPEAT_LEAST = 3;
/** Units of work until other operations would have their turn. */
const BUDGET = 5000;

const dnOf = (text: string) => parseDN(text) ?? [];
const layout = new Layout({
  orgBaseDN: dnOf(ORG_DN),
  localBaseDN: dnOf(LOCAL_DN),
  usersRDN: [{ type: 'ou', value: 'Users' }],
  groupsRDN: [{ type: 'ou', value: 'Groups' }],
  hiddenAttributes: [],
  groupClasses: ['groupOfNames'],
});
const specials = specialsByChannel({ namingContext: LOCAL_DN, hasCertificate: false, hasExternal: false, version: '' });
const groupDN = `cn=${GROUP},ou=Users,${ORG_DN}`;
const uidAt = (number: number) => `user${String(number).padStart(6, '0')}`;

const entry = (dn: string, attributes: Record<string, readonly string[]>): UpstreamEntry => ({
  dn,
  attributes: Object.entries(attributes).map(([type, texts]) => ({ type, values: values(...texts) })),
});

/** What a read of the upstream returns: new buffers each time. */
function readImage(members: number): UpstreamImage {
  const numbers = Array.from({ length: members }, (_, i) => i + 1);
  const users = numbers.map((number) => {
    const uid = uidAt(number);
    const id = String(10_000 + number);
    return entry(upstreamDN(uid), {
      objectClass: [
        ...['top', 'person', 'organizationalPerson', 'inetOrgPerson'],
        ...['shadowAccount', 'posixAccount', 'jumpcloudUser'],
      ],
      uid: [uid],
      cn: [`Person ${number}`],
      sn: [`Surname ${number}`],
      givenName: ['Person'],
      displayName: [`Person ${number}`],
      mail: [`${uid}@example.test`],
      ...{ uidNumber: [id], gidNumber: [id], homeDirectory: [`/home/${uid}`], loginShell: ['/bin/bash'] },
      ...{ title: ['Engineer'], departmentNumber: ['7'], company: ['Fernhollow Test GmbH'], employeeNumber: [id] },
      employeeType: ['employee'],
      memberOf: [groupDN],
      entryUUID: [`00000000-0000-4000-8000-${String(number).padStart(12, '0')}`],
    });
  });
  const group = entry(groupDN, {
    ...{ objectClass: ['top', 'groupOfNames'], cn: [GROUP], ou: [GROUP], description: ['tagGroup'] },
    member: numbers.map((number) => upstreamDN(uidAt(number))),
  });
  return { gates: new Map([[GROUP, group]]), everyone: false, users, groups: [group] };
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const pause = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Bytes in use after garbage collection, which takes several passes: some garbage is freed only after other garbage, or a turn later. */
async function used(): Promise<number> {
  for (let i = 0; i < 5; i++) {
    await pause();
    collectGarbage();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Measures one size after the other. `tell` prints a line of progress. */
export async function measureScale(sizes: readonly number[], tell: (text: string) => void) {
  await measureSize(1000); // warm-up: the first size that counts runs compiled code, too
  const measured: Size[] = [];
  for (const members of sizes) {
    tell(`${members} members`);
    measured.push(await measureSize(members));
  }
  return { sizes: measured, text: scaleTable(measured) };
}

async function measureSize(members: number): Promise<Size> {
  const before = await used();
  const { snapshot, build, rebuild, longestTurn } = await buildOnce(members);
  searchOnce(snapshot, equal('uid', uidAt(1))); // includes what the first search builds
  const memoryPerMember = ((await used()) - before) / members;
  const last = uidAt(members);
  return {
    ...{ members, memoryPerMember, build, rebuild, longestTurn },
    byUid: searchTime(snapshot, equal('uid', last), 1),
    byMail: searchTime(snapshot, equal('mail', `${last}@example.test`), 1),
    bySubstring: searchTime(snapshot, { kind: 'substrings', attribute: 'cn', any: [Buffer.from(`son ${members}`)] }, 1),
    everybody: searchTime(snapshot, equal('objectClass', 'inetOrgPerson'), members),
  };
}

async function buildOnce(members: number) {
  const builder = new SnapshotBuilder({ layout, now: () => performance.now(), pause });
  const build = (image: UpstreamImage) => builder.build(image);
  let image = readImage(members);
  await pause();
  const turns = new Turns();
  let startedAt = performance.now();
  const snapshot = await build(image);
  const built = performance.now() - startedAt;
  const longestTurn = turns.stop();
  image = readImage(members);
  startedAt = performance.now();
  await build(image);
  return { snapshot, build: built, rebuild: performance.now() - startedAt, longestTurn };
}

/** The longest time from one turn of the event loop to the next, in milliseconds. */
class Turns {
  private last = performance.now();
  private longest = 0;
  private next = setImmediate(() => this.turn());

  stop(): number {
    clearImmediate(this.next);
    this.look();
    return this.longest;
  }

  private turn(): void {
    this.look();
    this.next = setImmediate(() => this.turn());
  }

  private look(): void {
    const now = performance.now();
    this.longest = Math.max(this.longest, now - this.last);
    this.last = now;
  }
}

const equal = (attribute: string, value: string): Filter => {
  return { kind: 'equalityMatch', attribute, value: Buffer.from(value) };
};

/** The number of entries that the filter finds; each is encoded as it would be sent. */
function searchOnce(snapshot: Snapshot, filter: Filter): number {
  const request: SearchRequest = {
    ...{ kind: 'searchRequest', baseObject: `ou=Users,${LOCAL_DN}`, scope: Scope.wholeSubtree },
    ...{ derefAliases: 0, sizeLimit: 0, timeLimit: 0, typesOnly: false, filter, attributes: [] },
  };
  const source = openSearch(snapshot, specials('clear'), request, NO_LIMITS);
  for (let found = 0; ; ) {
    const next = source.advance(new Work(BUDGET), 0);
    if (next === 'again') continue;
    if (!('kind' in next)) return found;
    encodeMessage({ messageID: 1, op: next });
    found++;
  }
}

/** Microseconds for one search. Throws an Error if it does not find the expected number of entries. */
function searchTime(snapshot: Snapshot, filter: Filter, wanted: number): number {
  let times = 0;
  const startedAt = performance.now();
  for (; times < REPEAT_LEAST || performance.now() - startedAt < REPEAT_TIME; times++) {
    const found = searchOnce(snapshot, filter);
    if (found !== wanted) throw new Error(`a search found ${found} entries in place of ${wanted}`);
  }
  return ((performance.now() - startedAt) * 1000) / times;
}

function scaleTable(sizes: readonly Size[]): string {
  const head = ['members', 'KB each', 'MB', 'build ms', 'same again ms', 'longest turn ms'];
  return table(
    [...head, 'by uid µs', 'by mail µs', 'by substring µs', 'everybody µs'],
    sizes.map((size) => [
      String(size.members),
      (size.memoryPerMember / 1024).toFixed(1),
      ((size.memoryPerMember * size.members) / MEGABYTE).toFixed(1),
      ...[size.build, size.rebuild, size.longestTurn].map((time) => time.toFixed(1)),
      ...[size.byUid, size.byMail, size.bySubstring, size.everybody].map((time) => time.toFixed(0)),
    ]),
  );
}
