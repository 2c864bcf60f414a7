// An instance of a fleet as far as it reads the directory: mirror, builder and fleet reader over an upstream of the test's, which counts.

import { makeLayout } from '../../src/app/names.js';
import { ORG_ID } from '../../src/demo/people.js';
import { USERS_DN } from '../../src/demo/tree.js';
import { SnapshotBuilder } from '../../src/directory/builder.js';
import { Mirror, type MirrorEvent } from '../../src/directory/mirror.js';
import {
  ReadError,
  type Reader,
  type UpstreamEntry,
  type UpstreamImage,
  type Wanted,
} from '../../src/directory/reader.js';
import { FleetReader, type FleetReaderOptions } from '../../src/fleet/fleet-reader.js';
import type { FleetNames } from '../../src/fleet/names.js';
import type { Store } from '../../src/fleet/store.js';
import { inSlices, type Steps } from '../../src/runtime/cooperative.js';
import { proxyConfig } from './proxy.js';

const GROUP_DN = `cn=wayk-users,${USERS_DN}`;

function entry(dn: string, values: Record<string, readonly string[]>): UpstreamEntry {
  const attributes = Object.entries(values).map(([type, texts]) => ({
    type,
    values: texts.map((text) => Buffer.from(text)),
  }));
  return { dn, attributes };
}

/** A directory with these members, as it is read. */
export function imageWith(uids: readonly string[]): UpstreamImage {
  const dnOf = (uid: string) => `uid=${uid},${USERS_DN}`;
  const users = uids.map((uid) =>
    entry(dnOf(uid), {
      objectClass: ['top', 'person', 'inetOrgPerson'],
      uid: [uid],
      cn: [uid],
      sn: [uid],
      memberOf: [GROUP_DN],
    }),
  );
  const group = entry(GROUP_DN, { objectClass: ['top', 'groupOfNames'], cn: ['wayk-users'], member: uids.map(dnOf) });
  return { gates: new Map([['wayk-users', group]]), everyone: false, users, groups: [group] };
}

/** Whom instances read. */
export class CountingUpstream implements Pick<Reader, 'read'> {
  reads = 0;
  /** What it holds; undefined: it is away. */
  members: readonly string[] | undefined = ['ada', 'grace'];
  /** What a read waits for before it ends. */
  hold: Promise<unknown> = Promise.resolve();

  async read(): Promise<UpstreamImage> {
    this.reads++;
    const { members } = this;
    await this.hold;
    if (members === undefined) throw new ReadError('unreachable', 'it is away');
    return imageWith(members);
  }
}

export interface Instance {
  readonly mirror: Mirror;
  readonly reader: FleetReader;
  readonly events: MirrorEvent[];
  readonly roles: string[];
  /** Turns of a millisecond that work took, and pauses between them. */
  readonly slices: { steps: number; turns: number };
  readonly members: () => readonly string[];
  readonly stop: () => Promise<void>;
}

export const LIMITS = { octets: 512 * 1024 * 1024, entries: 200_000, entryOctets: 16 * 1024 * 1024 };

/** Not started. */
export function instanceOf(
  upstream: Pick<Reader, 'read'>,
  store: Store,
  names: FleetNames,
  options: Partial<FleetReaderOptions> & {
    readonly doubt?: number;
    readonly builder?: Pick<SnapshotBuilder, 'build' | 'digest'>;
  } = {},
): Instance {
  const { refresh = 30_000, doubt = 60_000, clock: now = () => performance.now() } = options;
  const events: MirrorEvent[] = [];
  const roles: string[] = [];
  const slices = { steps: 0, turns: 0 };
  const defect = (error: unknown) => {
    throw error;
  };
  const pause = () => new Promise<void>((resolve) => setImmediate(resolve));
  const { builder = new SnapshotBuilder({ layout: layout(), now, pause }) } = options;
  const run = <Result>(steps: Steps<Result>) =>
    inSlices(counted(steps, slices), 1, now, () => {
      slices.turns++;
      return pause();
    });
  const reader = new FleetReader({
    ...{ reader: upstream, store, names, reading: 'r', instance: 'test', limits: LIMITS, refresh, defect },
    isUnwanted: () => false,
    builtDigest: () => builder.digest,
    look: (wanted: Wanted) => void (wanted === 'new' ? mirror.refreshNow() : mirror.look()),
    changed: (role, why) => roles.push(why === '' ? role : `${role}: ${why}`),
    clock: now,
    random: Math.random,
    run,
    ...options,
  });
  const mirror: Mirror = new Mirror({
    reader,
    build: (image) => builder.build(image),
    ...{ refresh, doubt, now, defect },
    random: Math.random,
    log: (event) => events.push(event),
  });
  return {
    ...{ mirror, reader, events, roles, slices },
    members: () =>
      [...(mirror.snapshot?.entries ?? [])]
        .map(({ dn }) => /^uid=([^,]+)/.exec(dn)?.[1])
        .filter((uid) => uid !== undefined),
    stop: async () => {
      mirror.stop();
      await reader.close();
    },
  };
}

function* counted<Result>(steps: Steps<Result>, count: { steps: number }): Steps<Result> {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    count.steps++;
    yield;
  }
}

/** Local names over the tree of the stand-in. */
export function layout() {
  const reader = { dn: `uid=ldap-reader,${USERS_DN}`, password: 'reader-secret' };
  return makeLayout(proxyConfig({ url: 'ldaps://127.0.0.1:1', caPem: '', orgId: ORG_ID, reader } as never));
}
