// The rules that operations are performed by, for one configuration.
import { createHash, randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { AppConfig, Config } from '../config/config.js';
import { decoyHash, verifyHash } from '../config/password-hash.js';
import { entryVersion } from '../directory/entry-digest.js';
import type { Mirror } from '../directory/mirror.js';
import type { Snapshot } from '../directory/snapshot.js';
import { CredentialCache } from '../gate/bind/credential-cache.js';
import { Domains } from '../gate/bind/domain-name.js';
import { HashMemory } from '../gate/bind/hash-memory.js';
import { HashQueue } from '../gate/bind/hash-queue.js';
import { NameResolver } from '../gate/bind/resolve-name.js';
import { ResponseTiming } from '../gate/bind/response-timing.js';
import type { ServiceAccount, VerifyHash } from '../gate/bind/service-accounts.js';
import { indexServiceAccounts, ServicePasswords } from '../gate/bind/service-accounts.js';
import { UnownedMailCache } from '../gate/bind/unowned-mail.js';
import { specialsByChannel } from '../gate/search/server-entries.js';
import type { World } from '../gate/world.js';
import type { Layout } from '../layout/layout.js';
import { dnKey, formatDN } from '../ldap/dn.js';
import type { ClientTls } from '../server/client-tls.js';
import { ResponseCache } from '../server/response-cache.js';
import type { Rules } from '../server/rules.js';
import { version } from '../version.js';
import { AppLimiters } from './app-limiters.js';
import type { AppParts } from './app-parts.js';
import type { AppView } from './app-view.js';
import type { Fleet } from './fleet.js';
import { upstreamReaderDN } from './names.js';
import type { UpstreamStack } from './upstream-stack.js';

/** What is kept of earlier binds. It outlives changes of the configuration that do not concern it. */
export interface BindMemory {
  readonly credentialCache: CredentialCache;
  readonly nobodysMail: UnownedMailCache;
  readonly limiters: AppLimiters;
  readonly responseTiming: ResponseTiming;
  /** Hashes that are computed, and what they turned out to be. */
  readonly hashes: { readonly queue: HashQueue; readonly memory: HashMemory };
}

/** Bytes of cached responses: a few thousand single entries and the full lists of a few applications. */
const RESPONSE_OCTETS = 16 * 1024 * 1024;
/** Of one of very many apps. */
const LEAST_RESPONSE_OCTETS = 1024 * 1024;

const clock = () => performance.now();

/**
 * `before`: of the configuration before; a hash that is computed or known stays so, its queue is one for the process, attempts count on
 * (see `AppLimiters.configure`), and revocations reach binds that began before.
 */
export function makeMemory(config: Config, before?: BindMemory): BindMemory {
  const { binds, upstream } = config;
  const limiters = before?.limiters ?? new AppLimiters(clock);
  limiters.prepare(config);
  return {
    credentialCache: new CredentialCache(
      { ...binds.cache, refusedTtl: binds.refusedTtl, clock },
      before?.credentialCache,
    ),
    nobodysMail: new UnownedMailCache(clock),
    limiters,
    responseTiming: new ResponseTiming(clock, upstream.operationTime),
    hashes: before?.hashes ?? { queue: new HashQueue(), memory: new HashMemory() },
  };
}

/** What all apps of a configuration have in common. */
export interface Common {
  readonly config: Config;
  readonly stack: UpstreamStack;
  readonly memory: BindMemory;
  readonly tls: ClientTls | undefined;
  readonly fleet: Fleet | undefined;
}

/** The rules of one app. `otherContexts`: bases that its root DSE names beside its own. */
export function makeRules(common: Common, app: AppParts, otherContexts: readonly string[] = []): Rules {
  const { config, stack, memory, tls, fleet } = common;
  const { mirror, verifier, nameLookup, asksForSecondFactor } = stack;
  const { layout, view, face } = app;
  const { local, name, isNamed } = app.config;
  const { limits } = config.listen;
  const isOneOfSeveral = config.apps.length > 1;
  const external = (app.config.listen === 'shared' ? config.listen : app.config.listen).ldapi.external;
  const limiter = memory.limiters.of(name);
  const gate: World = {
    clock,
    random: randomBytes,
    snapshot: view === undefined ? () => mirror.snapshot : snapshotThrough(view, mirror),
    looksUpAll: () => mirror.isFirstRead || mirror.isWithoutList,
    specials: specialsByChannel({
      namingContext: formatDN(layout.localBaseDN),
      otherContexts,
      additions: face.rootDSE,
      hasCertificate: tls !== undefined,
      hasExternal: external !== undefined,
      version,
    }),
    verifier,
    nameLookup: view === undefined ? nameLookup : nameLookup.forGates(app.gates),
    credentialCache: memory.credentialCache,
    unownedMail: memory.nobodysMail,
    rateLimiter: limiter,
    shared: fleet?.checksFor(config, name, () => limiter.limits),
    responseTiming: memory.responseTiming,
    servicePasswords: new ServicePasswords({ ...memory.hashes, decoy: decoyOf(local) }),
    sleep: (ms, wake) => {
      const timer = setTimeout(wake, ms);
      return () => clearTimeout(timer);
    },
    names: new NameResolver(
      indexServiceAccounts(serviceAccounts(config, app, layout)),
      dnKey(layout.localUsersDN),
      local.names,
      dnKey(layout.upstreamUsersDN),
      new Domains(local.domains),
      face.namedBy.user,
    ),
    realm: dnKey(layout.upstreamUsersDN),
    versionOf: (uid) => {
      const entry = mirror.snapshot?.named('uid', uid);
      return entry === undefined || entry === 'ambiguous' ? undefined : entryVersion(entry);
    },
    upstreamUserDN: (uid) => layout.upstreamUserDN(uid),
    localUserDN: app.localUserDN,
    requireTls: config.listen.requireTls,
    offersTls: tls !== undefined,
    externalDN: external,
    userSearch: local.search.users,
    maxStale: config.directory.maxStale,
    // While another app's group is doubted, nobody is in this one by a snapshot that may be out of date.
    get membershipAge() {
      return mirror.isHeldBackByOthers(app.gates) ? 0 : config.directory.membershipAge;
    },
    asksForSecondFactor,
    asksPolicy: config.apps.some(({ local: { tellPolicy, tellReasons } }) => tellPolicy || tellReasons),
    tellPolicy: local.tellPolicy,
    tellReference: local.tellReference,
    tellReasons: local.tellReasons,
    searchEntries: limits.searchEntries,
    searchWork: limits.searchWork,
    searchTime: limits.searchTime,
  };
  const responses = new ResponseCache(
    Math.max(LEAST_RESPONSE_OCTETS, Math.floor(RESPONSE_OCTETS / config.apps.length)),
  );
  return { name, app: isNamed || isOneOfSeveral ? name : undefined, gate, responses, limits, tls };
}

/** What the app has made of the mirror's newest snapshot; mostly the one of the call before. */
function snapshotThrough(view: AppView, mirror: Mirror): () => Snapshot | undefined {
  let base: Snapshot | undefined;
  let last: Snapshot | undefined;
  return () => {
    const now = mirror.snapshot;
    if (now !== base) {
      base = now;
      last = now === undefined ? undefined : view.of(now);
    }
    return last;
  };
}

/** As costly as the costliest of the accounts' hashes; undefined if there is none. */
function decoyOf({ serviceAccounts }: AppConfig['local']): VerifyHash | undefined {
  const hashes = serviceAccounts.map(({ passwordHash }) => passwordHash?.reveal()).filter((hash) => hash !== undefined);
  const decoy = decoyHash(hashes);
  return decoy === undefined ? undefined : (password) => verifyHash(decoy, password);
}

function serviceAccounts(config: Config, app: AppParts, layout: Layout): ServiceAccount[] {
  const readerDN = upstreamReaderDN(config, layout);
  const readerName = layout.upstreamName(readerDN);
  const known = (octets: Buffer) => ({
    credential: createHash('sha256').update(octets).digest('base64'),
    check: { kind: 'octets', password: octets } as const,
  });
  const configured = app.config.local.serviceAccounts.map((account): ServiceAccount => {
    const { dn, password, passwordHash } = account;
    if (password !== undefined) return { dn, aliases: [], ...known(password.bytes()) };
    const hash = passwordHash?.reveal() ?? '';
    return { dn, aliases: [], credential: hash, check: { kind: 'hash', verify: (octets) => verifyHash(hash, octets) } };
  });
  const reader = {
    dn: readerName?.kind === 'uid' ? app.localUserDN(readerName.value) : layout.localName(readerDN),
    aliases: [readerDN],
    ...known(config.upstream.reader.password.bytes()),
  };
  return [...configured, reader];
}
