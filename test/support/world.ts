// A world for the gate alone: everything that an operation may ask for, by values and a clock that the test moves.
import { EntryMaker, makeEntry, type SnapshotEntry } from '../../src/directory/entry.js';
import { Snapshot } from '../../src/directory/snapshot.js';
import { CredentialCache } from '../../src/gate/bind/credential-cache.js';
import { HashMemory } from '../../src/gate/bind/hash-memory.js';
import { HashQueue } from '../../src/gate/bind/hash-queue.js';
import { BindRateLimiter } from '../../src/gate/bind/rate-limiter.js';
import { NameResolver } from '../../src/gate/bind/resolve-name.js';
import { ResponseTiming } from '../../src/gate/bind/response-timing.js';
import { indexServiceAccounts, type ServiceAccount, ServicePasswords } from '../../src/gate/bind/service-accounts.js';
import { UnownedMailCache } from '../../src/gate/bind/unowned-mail.js';
import type { Lookup, Verdict } from '../../src/gate/ports.js';
import { specialsByChannel } from '../../src/gate/search/server-entries.js';
import type { World } from '../../src/gate/world.js';
import { dnKey, parseDN } from '../../src/ldap/dn.js';
import { values } from '../../src/ldap/values.js';
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

/** The gate's world, and what the test sees and moves of it. */
export interface TestWorld {
  readonly context: World;
  /** Binds that were sent upstream. */
  readonly asked: Asked[];
  readonly lookedUp: LookedUp[];
  /** Waits under way: their ends are called by `pass`. */
  readonly sleeping: { readonly until: number; wake(): void }[];
  /** The upstream goes away, or is back. */
  setAway(isAway: boolean): void;
  /** Milliseconds pass. */
  pass(ms: number): void;
}

/** A snapshot of these users and one group of all of them. */
export function snapshotOf(uids: readonly string[], takenAt = 0, personOf = (_uid: string) => ''): Snapshot {
  const maker = new EntryMaker();
  const users = uids.map((uid) =>
    maker.make(
      'user',
      userDN(uid),
      [
        { type: 'objectClass', values: values('top', 'person', 'inetOrgPerson') },
        { type: 'uid', values: values(uid) },
        { type: 'cn', values: values(`Name of ${uid}`) },
        { type: 'mail', values: values(`${uid}@example.com`) },
      ],
      uid,
      personOf(uid),
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
export function makeWorld(change: Partial<World> = {}, uids: readonly string[] = ['ada', 'ben']): TestWorld {
  let now = 1000;
  const clock = () => now;
  const asked: Asked[] = [];
  const lookedUp: LookedUp[] = [];
  const sleeping: { until: number; wake: () => void }[] = [];
  const running = new Map<string, string>();
  let isAway = false;
  const snapshot = snapshotOf(uids, now);
  const accounts: ServiceAccount[] = [
    {
      dn: SERVICE,
      aliases: [],
      credential: 'one',
      check: { kind: 'octets', password: Buffer.from(SERVICE_PASSWORD) },
    },
  ];
  const context: World = {
    clock,
    random: (octets) => Buffer.alloc(octets, 7),
    snapshot: () => snapshot,
    looksUpAll: () => false,
    specials: specialsByChannel({ namingContext: BASE, hasCertificate: true, hasExternal: false, version: '0' }),
    verifier: {
      isAway: () => isAway,
      runningFrom: (id) => running.get(id),
      verify: (id = '', dn, password, receiver, from = '') => {
        if (id !== '') running.set(id, from);
        const one: Asked = {
          dn,
          password: password.toString(),
          isGivenUp: false,
          answer: (verdict) => {
            running.delete(id);
            receiver.onVerdict(verdict);
          },
        };
        asked.push(one);
        return {
          leave: () => {
            one.isGivenUp = true;
          },
        };
      },
    },
    nameLookup: {
      lookUp: (attribute, value, done) =>
        lookedUp.push({ what: `${attribute}=${value}`, answer: (found) => done(found, true) }),
      confirm: (uid, done) => lookedUp.push({ what: `confirm ${uid}`, answer: done }),
    },
    credentialCache: new CredentialCache({ ttl: 30_000, refusedTtl: 60_000, staleIfError: 0, entries: 100, clock }),
    unownedMail: new UnownedMailCache(clock),
    rateLimiter: new BindRateLimiter({
      perAccount: 3,
      accountWindow: 1_800_000,
      perAddress: 10,
      window: 60_000,
      clock,
    }),
    responseTiming: new ResponseTiming(clock, 5000),
    sleep: (ms, wake) => {
      const one = { until: now + ms, wake };
      sleeping.push(one);
      return () => void sleeping.splice(sleeping.indexOf(one), 1);
    },
    servicePasswords: new ServicePasswords({ queue: new HashQueue(), memory: new HashMemory(), decoy: undefined }),
    names: new NameResolver(indexServiceAccounts(accounts), dnKey(parseDN(USERS) ?? []), ['uid', 'mail']),
    realm: UPSTREAM,
    versionOf: (uid) => `${uid} as it was`,
    upstreamUserDN: (uid) => `uid=${uid},${UPSTREAM}`,
    localUserDN: userDN,
    requireTls: false,
    offersTls: true,
    externalDN: undefined,
    userSearch: 'self',
    maxStale: Number.POSITIVE_INFINITY,
    membershipAge: Number.POSITIVE_INFINITY,
    asksForSecondFactor: false,
    asksPolicy: false,
    tellPolicy: false,
    tellReference: false,
    tellReasons: false,
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
  const setAway = (away: boolean) => {
    isAway = away;
  };
  return { context, asked, lookedUp, sleeping, setAway, pass };
}

export { ALONE } from '../../src/gate/run-alone.js';
