// The rules that operations are performed by, for one configuration.
import { createHash, randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { Config } from '../config/config.js';
import { decoyHash, verifyHash } from '../config/password-hash.js';
import { entryVersion } from '../directory/entry-digest.js';
import { CredentialCache } from '../gate/bind/credential-cache.js';
import { Domains } from '../gate/bind/domain-name.js';
import { HashMemory } from '../gate/bind/hash-memory.js';
import { HashQueue } from '../gate/bind/hash-queue.js';
import { NobodysMailMemory } from '../gate/bind/nobodys-mail.js';
import { BindRateLimiter, type BindRateLimiterOptions } from '../gate/bind/rate-limiter.js';
import { NameResolver } from '../gate/bind/resolve-name.js';
import { ResponseTiming } from '../gate/bind/response-timing.js';
import type { ServiceAccount, VerifyHash } from '../gate/bind/service-accounts.js';
import { indexServiceAccounts, ServicePasswords } from '../gate/bind/service-accounts.js';
import { specialsByChannel } from '../gate/search/server-entries.js';
import type { World } from '../gate/world.js';
import type { Layout } from '../layout/layout.js';
import { dnKey, formatDN } from '../ldap/dn.js';
import { makeClientTls } from '../server/client-tls.js';
import { ResponseCache } from '../server/response-cache.js';
import type { Rules } from '../server/rules.js';
import { version } from '../version.js';
import { upstreamReaderDN } from './names.js';
import type { UpstreamStack } from './upstream-stack.js';

/** What is remembered of earlier binds. It outlives a change of the configuration that does not concern it. */
export interface BindMemory {
  readonly credentialCache: CredentialCache;
  readonly nobodysMail: NobodysMailMemory;
  readonly rateLimiter: BindRateLimiter;
  readonly responseTiming: ResponseTiming;
  /** Hashes that are computed, and what they turned out to be. */
  readonly hashes: { readonly queue: HashQueue; readonly memory: HashMemory };
}

/** Octets of cached responses: some thousand single entries and the full lists of a few applications. */
const RESPONSE_OCTETS = 16 * 1024 * 1024;

const clock = () => performance.now();

/**
 * `before`: of the configuration before; a hash that is computed or known stays so, its queue is one for the process, and attempts count on
 * (see `configureLimits`).
 */
export function makeMemory(config: Config, before?: BindMemory): BindMemory {
  const { binds, upstream } = config;
  return {
    credentialCache: new CredentialCache({ ...binds.cache, refusedTtl: binds.refusedTtl, clock }),
    nobodysMail: new NobodysMailMemory(clock),
    rateLimiter: before?.rateLimiter ?? new BindRateLimiter(limitsOf(config)),
    responseTiming: new ResponseTiming(clock, upstream.operationTime),
    hashes: before?.hashes ?? { queue: new HashQueue(), memory: new HashMemory() },
  };
}

/** The limits of this configuration, once it counts. */
export function configureLimits({ rateLimiter }: BindMemory, config: Config): void {
  rateLimiter.configure(limitsOf(config));
}

function limitsOf({ binds }: Config): BindRateLimiterOptions {
  const { failuresPerAccount: perAccount, failuresPerAddress: perAddress, accountWindow, window } = binds;
  return { perAccount, accountWindow, perAddress, window, clock };
}

/** Throws an Error for a certificate and a key that are none, or do not fit each other. */
export function makeRules(config: Config, stack: UpstreamStack, memory: BindMemory): Rules {
  const { layout, mirror, verifier, nameLookup, asksForSecondFactor } = stack;
  const tls = config.listen.tls === undefined ? undefined : makeClientTls(config.listen.tls);
  const gate: World = {
    clock,
    random: randomBytes,
    snapshot: () => mirror.snapshot,
    looksUpAll: () => mirror.isFirstRead || mirror.isWithoutList,
    specials: specialsByChannel({
      namingContext: formatDN(layout.localBaseDN),
      hasCertificate: tls !== undefined,
      hasExternal: config.listen.ldapi.external !== undefined,
      version,
    }),
    verifier,
    nameLookup,
    credentialCache: memory.credentialCache,
    nobodysMail: memory.nobodysMail,
    rateLimiter: memory.rateLimiter,
    responseTiming: memory.responseTiming,
    servicePasswords: new ServicePasswords({ ...memory.hashes, decoy: decoyOf(config) }),
    sleep: (ms, wake) => {
      const timer = setTimeout(wake, ms);
      return () => clearTimeout(timer);
    },
    names: new NameResolver(
      indexServiceAccounts(serviceAccounts(config, layout)),
      dnKey(layout.localUsersDN),
      config.local.names,
      dnKey(layout.upstreamUsersDN),
      new Domains(config.local.domains),
    ),
    realm: dnKey(layout.upstreamUsersDN),
    versionOf: (uid) => {
      const entry = mirror.snapshot?.named('uid', uid);
      return entry === undefined || entry === 'ambiguous' ? undefined : entryVersion(entry);
    },
    upstreamUserDN: (uid) => layout.upstreamUserDN(uid),
    localUserDN: (uid) => layout.localUserDN(uid),
    requireTls: config.listen.requireTls,
    offersTls: tls !== undefined,
    externalDN: config.listen.ldapi.external,
    userSearch: config.local.search.users,
    maxStale: config.directory.maxStale,
    membershipAge: config.directory.membershipAge,
    asksForSecondFactor,
    tellPolicy: config.local.tellPolicy,
    tellReference: config.local.tellReference,
    searchEntries: config.listen.limits.searchEntries,
    searchWork: config.listen.limits.searchWork,
    searchTime: config.listen.limits.searchTime,
  };
  return { name: 'default', gate, responses: new ResponseCache(RESPONSE_OCTETS), limits: config.listen.limits, tls };
}

/** As costly as the costliest of the accounts' hashes; undefined if there is none. */
function decoyOf({ local }: Config): VerifyHash | undefined {
  const hashes = local.serviceAccounts
    .map(({ passwordHash }) => passwordHash?.reveal())
    .filter((hash) => hash !== undefined);
  const decoy = decoyHash(hashes);
  return decoy === undefined ? undefined : (password) => verifyHash(decoy, password);
}

function serviceAccounts(config: Config, layout: Layout): ServiceAccount[] {
  const readerDN = upstreamReaderDN(config, layout);
  const known = (octets: Buffer) => ({
    credential: createHash('sha256').update(octets).digest('base64'),
    check: { kind: 'octets', password: octets } as const,
  });
  const configured = config.local.serviceAccounts.map((account): ServiceAccount => {
    const { dn, password, passwordHash } = account;
    if (password !== undefined) return { dn, aliases: [], ...known(password.bytes()) };
    const hash = passwordHash?.reveal() ?? '';
    return { dn, aliases: [], credential: hash, check: { kind: 'hash', verify: (octets) => verifyHash(hash, octets) } };
  });
  const reader = {
    dn: layout.localName(readerDN),
    aliases: [readerDN],
    ...known(config.upstream.reader.password.bytes()),
  };
  return [...configured, reader];
}
