// A world for the gate alone: everything that an operation may ask for, by values and a clock that the test moves.
import { makeEntry, type SnapshotEntry, values } from '../../src/directory/entry.js';
import { Snapshot } from '../../src/directory/snapshot.js';
import { MemoryAttempts } from '../../src/gate/attempts.js';
import type { GateContext } from '../../src/gate/context.js';
import { HashMemory } from '../../src/gate/hash-memory.js';
import { HashQueue } from '../../src/gate/hash-queue.js';
import { Pace } from '../../src/gate/pace.js';
import type { Lookup, Verdict } from '../../src/gate/ports.js';
import { NameResolver } from '../../src/gate/resolve-name.js';
import { indexServiceAccounts, type ServiceAccount, ServicePasswords } from '../../src/gate/service-accounts.js';
import { specialsByChannel } from '../../src/gate/specials.js';
import { Verdicts } from '../../src/gate/verdicts.js';
import { dnKey, parseDN } from '../../src/ldap/dn.js';
import { BASE, USERS, userDN } from './proxy.js';

export const SERVICE = `cn=service,${BASE}`;
export const SERVICE_PASSWORD = 'secret';
export const UPSTREAM = 'ou=Users,o=org,dc=jumpcloud,dc=com';

/** A question that was sent upstream, and how the test answers it. */
export interface Asked {
  readonly dn: string;
  readonly password: string;
  isGivenUp: boolean;
  answer(verdict: Verdict): void;
}

/** A name that was looked up, and how the test answers. */
export interface LookedUp {
  readonly what: string;
  answer(found: Lookup): void;
}

export interface World {
  readonly context: GateContext;
  /** Binds that were sent upstream. */
  readonly asked: Asked[];
  readonly lookedUp: LookedUp[];
  /** Waits under way: their ends are called by `pass`. */
  readonly sleeping: { readonly until: number; wake(): void }[];
  /** Milliseconds pass. */
  pass(ms: number): void;
}

/** A snapshot of these users and one group of all of them. */
export function snapshotOf(uids: readonly string[], takenAt = 0): Snapshot {
  const users = uids.map((uid) =>
    makeEntry(
      'user',
      userDN(uid),
      [
        { type: 'objectClass', values: values('top', 'person', 'inetOrgPerson') },
        { type: 'uid', values: values(uid) },
        { type: 'cn', values: values(`Name of ${uid}`) },
        { type: 'mail', values: values(`${uid}@example.com`) },
      ],
      uid,
    ),
  );
  const group = makeEntry('group', `cn=wayk-users,ou=Groups,${BASE}`, [
    { type: 'cn', values: values('wayk-users') },
    { type: 'member', values: values(...uids.map(userDN)) },
  ]);
  const frame: SnapshotEntry[] = [
    makeEntry('base', BASE, [{ type: 'dc', values: values('example') }]),
    makeEntry('container', USERS, []),
    makeEntry('container', `ou=Groups,${BASE}`, []),
  ];
  return new Snapshot([...frame, ...users, group], takenAt);
}

/** Some of the context may be replaced. */
export function makeWorld(change: Partial<GateContext> = {}, uids: readonly string[] = ['ada', 'ben']): World {
  let now = 1000;
  const clock = () => now;
  const asked: Asked[] = [];
  const lookedUp: LookedUp[] = [];
  const sleeping: { until: number; wake: () => void }[] = [];
  const running = new Set<string>();
  const snapshot = snapshotOf(uids, now);
  const accounts: ServiceAccount[] = [
    {
      dn: SERVICE,
      aliases: [],
      credential: 'one',
      check: { kind: 'octets', password: Buffer.from(SERVICE_PASSWORD) },
    },
  ];
  const context: GateContext = {
    clock,
    random: (octets) => Buffer.alloc(octets, 7),
    snapshot: () => snapshot,
    isFirstRead: () => false,
    specials: specialsByChannel({ namingContext: BASE, hasCertificate: true, hasExternal: false, version: '0' }),
    verifier: {
      isRunning: (id) => running.has(id),
      verify: (id, dn, password, done) => {
        running.add(id);
        const one: Asked = {
          dn,
          password: password.toString(),
          isGivenUp: false,
          answer: (verdict) => {
            running.delete(id);
            done(verdict);
          },
        };
        asked.push(one);
        return () => {
          one.isGivenUp = true;
        };
      },
    },
    newcomers: {
      lookUp: (attribute, value, done) => lookedUp.push({ what: `${attribute}=${value}`, answer: done }),
      confirm: (uid, done) => lookedUp.push({ what: `confirm ${uid}`, answer: done }),
    },
    verdicts: new Verdicts({ ttl: 30_000, refusedTtl: 60_000, staleIfError: 0, entries: 100, clock }),
    attempts: new MemoryAttempts({ perAccount: 3, perAddress: 10, window: 60_000, clock }),
    pace: new Pace(() => 0, 5000),
    sleep: (ms, wake) => {
      const one = { until: now + ms, wake };
      sleeping.push(one);
      return () => void sleeping.splice(sleeping.indexOf(one), 1);
    },
    servicePasswords: new ServicePasswords({ queue: new HashQueue(), memory: new HashMemory(), decoy: undefined }),
    names: new NameResolver(indexServiceAccounts(accounts), dnKey(parseDN(USERS) ?? []), ['uid', 'mail']),
    realm: UPSTREAM,
    upstreamUserDN: (uid) => `uid=${uid},${UPSTREAM}`,
    localUserDN: userDN,
    requireTls: false,
    offersTls: true,
    externalDN: undefined,
    userSearch: 'self',
    maxStale: Number.POSITIVE_INFINITY,
    membershipAge: Number.POSITIVE_INFINITY,
    asksForSecondFactor: false,
    searchEntries: 1000,
    searchWork: 0,
    searchTime: 0,
    ...change,
  };
  const pass = (ms: number) => {
    now += ms;
    for (const one of sleeping.filter(({ until }) => until <= now)) {
      sleeping.splice(sleeping.indexOf(one), 1);
      one.wake();
    }
  };
  return { context, asked, lookedUp, sleeping, pass };
}

export { ALONE } from '../../src/gate/run-alone.js';
