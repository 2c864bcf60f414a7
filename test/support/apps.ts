// Apps behind the doors of a listener, each with a small directory of its own.
import { makeEntry } from '../../src/directory/entry.js';
import { Snapshot } from '../../src/directory/snapshot.js';
import { appChooser } from '../../src/gate/app-choice.js';
import { BindRateLimiter } from '../../src/gate/bind/rate-limiter.js';
import { NameResolver } from '../../src/gate/bind/resolve-name.js';
import { indexServiceAccounts } from '../../src/gate/bind/service-accounts.js';
import { specialsByChannel } from '../../src/gate/search/server-entries.js';
import type { Trace } from '../../src/gate/trace.js';
import type { World } from '../../src/gate/world.js';
import { dnKey, parseDN } from '../../src/ldap/dn.js';
import { values } from '../../src/ldap/values.js';
import type { ClientTls } from '../../src/server/client-tls.js';
import type { Source } from '../../src/server/events.js';
import type { Limits } from '../../src/server/limits.js';
import { type Entrance, Listener } from '../../src/server/listener.js';
import { ResponseCache } from '../../src/server/response-cache.js';
import type { Door, Doors, Rules } from '../../src/server/rules.js';
import { makeWorld, UPSTREAM } from './world.js';

export const PASSWORD = 'right';
export const baseOf = (app: string) => `dc=${app},dc=test`;
export const userOf = (app: string, uid: string) => `uid=${uid},ou=Users,${baseOf(app)}`;
export const accountOf = (app: string) => `cn=service,${baseOf(app)}`;
/** One that lies below no base, and how the upstream calls it, which no configuration says. */
export const foreignAccountOf = (app: string) => `cn=${app},ou=machines`;
export const upstreamAccountOf = (app: string) => `uid=${app},${UPSTREAM}`;

function snapshotOf(app: string, uids: readonly string[]): Snapshot {
  const users = uids.map((uid) =>
    makeEntry(
      'user',
      userOf(app, uid),
      [
        { type: 'objectClass', values: values('top', 'person') },
        { type: 'uid', values: values(uid) },
        { type: 'mail', values: values(`${uid}@example.com`) },
        { type: 'description', values: values(`of ${app}`) },
      ],
      uid,
    ),
  );
  const base = makeEntry('base', baseOf(app), [{ type: 'dc', values: values(app) }]);
  return new Snapshot([base, makeEntry('container', `ou=Users,${baseOf(app)}`, []), ...users], 0);
}

/** Everybody's password is PASSWORD; refusals are not held back, and nobody is ever counted out. */
export function appWorld(app: string, uids: readonly string[], change: Partial<World> = {}): World {
  const clock = () => performance.now();
  const snapshot = snapshotOf(app, uids);
  const accounts = [accountOf(app), foreignAccountOf(app)].map((dn) => {
    const check = { kind: 'octets', password: Buffer.from(PASSWORD) } as const;
    const aliases = dn === foreignAccountOf(app) ? [upstreamAccountOf(app)] : [];
    return { dn, aliases, credential: dn, check };
  });
  const many = 1_000_000;
  const { context } = makeWorld();
  return {
    ...context,
    clock,
    snapshot: () => snapshot,
    specials: specialsByChannel({ namingContext: baseOf(app), hasCertificate: true, hasExternal: true, version: '0' }),
    verifier: {
      isAway: () => false,
      runningFrom: () => undefined,
      verify: (_id, _dn, password, receiver) => {
        const kind = password.toString() === PASSWORD ? 'accepted' : 'refused';
        setImmediate(() => receiver.onVerdict({ kind }));
        return { leave: () => {} };
      },
    },
    nameLookup: {
      lookUp: (_attribute, _value, done) => setImmediate(() => done({ kind: 'nobody' }, true)),
      confirm: (_uid, done) => setImmediate(() => done({ kind: 'nobody' })),
    },
    rateLimiter: new BindRateLimiter({ perAccount: many, accountWindow: 1, perAddress: many, window: 1, clock }),
    sleep: (_ms, wake) => {
      const soon = setImmediate(wake);
      return () => clearImmediate(soon);
    },
    names: new NameResolver(
      indexServiceAccounts(accounts),
      dnKey(parseDN(`ou=Users,${baseOf(app)}`) ?? []),
      ['uid', 'mail'],
      dnKey(parseDN(UPSTREAM) ?? []),
    ),
    localUserDN: (uid) => userOf(app, uid),
    ...change,
  };
}

export interface AppOptions {
  readonly limits: Limits;
  readonly tls?: ClientTls | undefined;
  /** False: as the one app of a configuration without names. */
  readonly isNamed?: boolean;
  readonly world?: Partial<World>;
}

/** The rules of an app of these people. */
export function appRules(name: string, uids: readonly string[], options: AppOptions): Rules {
  const { limits, tls, isNamed = true, world } = options;
  const gate = appWorld(name, uids, world);
  return { name, app: isNamed ? name : undefined, gate, responses: new ResponseCache(1024 * 1024), limits, tls };
}

/** The door that these apps share. */
export function sharedDoor(apps: readonly Rules[], external?: string): Door {
  const places = apps.map(({ name }) => {
    return {
      name,
      baseDN: baseOf(name),
      domains: [`${name}.test`],
      accounts: [accountOf(name), foreignAccountOf(name)],
    };
  });
  const choose = appChooser(places, external);
  return { first: apps[0]!, several: { apps: new Map(apps.map((app) => [app.name, app])), choose } };
}

/** What the listener tells. */
export interface Heard {
  readonly operations: { readonly trace: Trace; readonly source: Source }[];
  readonly faults: { readonly fault: string; readonly detail: string; readonly source: Source }[];
  readonly defects: unknown[];
}

/** A listener that records what it tells. */
export function listenerAt(doors: Doors, entrances: readonly Entrance[]): { listener: Listener; heard: Heard } {
  const heard: Heard = { operations: [], faults: [], defects: [] };
  const listener = new Listener({
    doors,
    entrances,
    events: {
      operation: (trace, source) => heard.operations.push({ trace, source }),
      fault: (fault, detail, source) => heard.faults.push({ fault, detail, source }),
      defect: (error) => heard.defects.push(error),
    },
    trustedProxies: undefined,
  });
  return { listener, heard };
}
