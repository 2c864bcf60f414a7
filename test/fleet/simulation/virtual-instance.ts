// One instance of a simulated fleet: the product's bind decisions, mirror, fleet reader, guards and purges over a virtual store and upstream.
import type { Limits } from '../../../src/fleet/check.js';
import { Decisions } from '../../../src/fleet/decisions.js';
import type { FleetNames } from '../../../src/fleet/names.js';
import { type Purge, Purges } from '../../../src/fleet/purges.js';
import { Seal } from '../../../src/fleet/seal.js';
import { StoreGuard } from '../../../src/fleet/store-guard.js';
import { BindOperation } from '../../../src/gate/bind/bind.js';
import { CredentialCache } from '../../../src/gate/bind/credential-cache.js';
import { BindRateLimiter } from '../../../src/gate/bind/rate-limiter.js';
import { ResponseTiming } from '../../../src/gate/bind/response-timing.js';
import { SharedChecks } from '../../../src/gate/bind/shared-checks.js';
import type { Lookup, SharedDecision, SharedDecisions } from '../../../src/gate/ports.js';
import { runAlone } from '../../../src/gate/run-alone.js';
import { anonymousSession } from '../../../src/gate/session.js';
import type { World } from '../../../src/gate/world.js';
import { BindCoalescing } from '../../../src/upstream/bind-coalescing.js';
import type { BindJob, BindSender } from '../../../src/upstream/bind-job.js';
import { simpleBind } from '../../support/client.js';
import { type Instance, instanceOf } from '../../support/fleet-instance.js';
import { makeWorld } from '../../support/world.js';
import type { SharedSnapshots } from './shared-snapshots.js';
import type { VirtualStore } from './virtual-store.js';
import type { Owner, VirtualTime } from './virtual-time.js';
import type { VirtualUpstream } from './virtual-upstream.js';

export const MINUTE = 60_000;
export const LIMITS: Limits = { perAccount: 3, accountWindow: 30 * MINUTE, perAddress: 30, window: MINUTE };
export const FLIGHT = 20_000;
export const CACHE_TTL = 5 * MINUTE;
export const REFRESH = 5 * MINUTE;
export const MAX_STALE = 4 * 60 * MINUTE;
export const DECISION_TIME = 50;
const REFUSED_TTL = MINUTE;
/** The limit of cached accounts. */
export const MOST_REMEMBERED = 1000;

/** What all instances have in common. */
export interface Site {
  readonly time: VirtualTime;
  readonly store: VirtualStore;
  readonly upstream: VirtualUpstream;
  readonly names: FleetNames;
  readonly snapshots: SharedSnapshots;
  readonly random: () => number;
  /** Accepted passwords are shared. */
  readonly sharesVerdicts: boolean;
  /** Plants a defect. */
  readonly change: (parts: Parts) => void;
  readonly decided: (instance: VirtualInstance, account: string, decision: SharedDecision, took: number) => void;
  readonly defect: (error: unknown) => void;
}

/** What a planted defect may change of an instance before it begins. */
export interface Parts {
  decisionTime: number;
  port: SharedDecisions;
  heard: (purge: Purge) => void;
  readonly cache: CredentialCache;
  readonly limiter: BindRateLimiter;
  reader: { read: VirtualUpstream['read'] };
}

const KEY = Buffer.alloc(32, 1);

export class VirtualInstance {
  readonly cache: CredentialCache;
  readonly limiter: BindRateLimiter;
  readonly decisions: Decisions;
  readonly purges: Purges;
  readonly fleet: Instance;
  readonly guards: readonly StoreGuard[];
  /** The highest generation that it has shown. */
  generation = 0;
  private readonly world: World;

  /** Begins immediately, as a process of its own whose clock is ahead by `skew` milliseconds. */
  constructor(
    readonly site: Site,
    readonly owner: Owner,
    skew: number,
  ) {
    const { time, store, upstream, names, random, defect, sharesVerdicts } = site;
    const clock = () => time.now + skew;
    const octets = (count: number) => Buffer.from(Array.from({ length: count }, () => Math.floor(random() * 256)));
    const cacheOptions = { ttl: CACHE_TTL, refusedTtl: REFUSED_TTL, staleIfError: 0, entries: MOST_REMEMBERED, clock };
    this.cache = new CredentialCache(cacheOptions);
    this.limiter = new BindRateLimiter({ ...LIMITS, clock });
    const guard = (patience: number) => new StoreGuard({ connect: store.connect, random, clock, patience, defect });
    const parts: Parts = {
      ...{ decisionTime: DECISION_TIME, cache: this.cache, limiter: this.limiter },
      port: { decide: () => undefined },
      heard: (purge) => this.forget(purge),
      reader: { read: () => upstream.read() },
    };
    const side = guard(DECISION_TIME);
    const bulk = guard(1000);
    this.guards = [side, bulk];
    const known = { store: side, names, realm: 'o=org', random: octets };
    this.purges = new Purges({
      ...known,
      seal: new Seal(KEY, 'purges'),
      heard: (purge) => parts.heard(purge),
      stuck: () => this.decisions.soon(),
    });
    this.decisions = new Decisions({
      ...{ ...known, purges: this.purges, seal: new Seal(KEY, 'verdicts'), clock },
      ...{
        flight: FLIGHT,
        equalTime: FLIGHT,
        refusedTtl: REFUSED_TTL,
        acceptedTtl: sharesVerdicts ? CACHE_TTL : 0,
        grace: 3000,
      },
      // As it is after `site.change`.
      get decisionTime() {
        return parts.decisionTime;
      },
      took: () => {},
    });
    parts.port = this.decisions.forApp('default', () => LIMITS);
    site.change(parts);
    const builder = site.snapshots.builder(clock);
    const reading = { refresh: REFRESH, clock, random, instance: owner.name, builder };
    this.fleet = instanceOf({ read: () => parts.reader.read() }, bulk, names, reading);
    this.world = this.makeWorld(clock, octets, this.watched(parts.port));
    void this.fleet.mirror.start();
  }

  get isReady(): boolean {
    return this.fleet.mirror.snapshot !== undefined;
  }

  /** The code of the answer to a bind. */
  async bind(name: string, password: string, address: string): Promise<number> {
    const operation = new BindOperation(simpleBind(name, password), anonymousSession('tls', address), this.world);
    const { response } = await runAlone(operation, this.world.clock);
    return response?.kind === 'bindResponse' ? response.result.code : -1;
  }

  /** By an event of JumpCloud's, which one instance receives. */
  revoke(account: string): void {
    this.forget({ kind: 'revoke', account });
    this.purges.announce({ kind: 'revoke', account });
  }

  private forget({ kind, account = '' }: Purge): void {
    switch (kind) {
      case 'forget':
        this.cache.forget(account);
        return this.limiter.forget(account);
      case 'revoke':
        return this.cache.revoke(account);
      case 'renew':
        return this.cache.renew(account);
      case 'revokeAll':
        return this.cache.revokeAll();
    }
  }

  private watched(port: SharedDecisions): SharedDecisions {
    const { time, decided } = this.site;
    return {
      decide: (question, tell) => {
        const began = time.now;
        const { account } = question;
        const told = (decision: SharedDecision) => decided(this, account, decision, time.now - began);
        const decision = port.decide(question, (later) => {
          told(later);
          tell(later);
        });
        if (decision !== undefined) told(decision);
        return decision;
      },
    };
  }

  private makeWorld(clock: () => number, random: (octets: number) => Buffer, port: SharedDecisions): World {
    const { site } = this;
    const { time, upstream } = site;
    let asked: { uid: string; password: string } | undefined;
    const pool: BindSender = {
      isAway: () => upstream.isAway,
      withdraw: () => {},
      verify: (job: BindJob) => {
        const { uid = '', password = '' } = asked ?? {};
        upstream.bind(uid, password, (verdict) => job.finish(verdict));
      },
    };
    const coalescing = new BindCoalescing(pool, site.defect);
    const lookUp = (uid: string): Lookup => {
      if (upstream.isAway) return { kind: 'trouble', detail: 'away' };
      const account = upstream.named(uid);
      if (account === undefined) return { kind: 'nobody' };
      const found = { uid: account.uid, upstreamDN: account.uid };
      return account.isMember ? { kind: 'member', ...found } : { kind: 'outsider', uid: account.uid };
    };
    const { context } = makeWorld({
      ...{ clock, random, credentialCache: this.cache, rateLimiter: this.limiter, shared: new SharedChecks(port) },
      snapshot: () => this.fleet.mirror.snapshot,
      verifier: {
        isAway: () => coalescing.isAway(),
        runningFrom: (id) => coalescing.runningFrom(id),
        verify: (id, dn, password, receiver, from, asksPolicy) => {
          asked = { uid: dn, password: password.toString() };
          return coalescing.verify(id, dn, password, receiver, from, asksPolicy);
        },
      },
      nameLookup: {
        lookUp: (_attribute, value, done) => void time.after(20, () => done(lookUp(value), true)),
        confirm: (uid, done) => void time.after(20, () => done(lookUp(uid))),
      },
      responseTiming: new ResponseTiming(clock, 1000),
      sleep: (ms, wake) => time.after(ms, wake, this.owner, 'timer'),
      ...{ versionOf: () => 'v', upstreamUserDN: (uid: string) => uid, maxStale: MAX_STALE },
    });
    return context;
  }
}
