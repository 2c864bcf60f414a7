// The composition root: builds the proxy from a Config, starts it and stops it. Nothing else constructs things.
import { randomBytes } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { performance } from 'node:perf_hooks';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Config } from './config/config.js';
import { verifyHash } from './config/password-hash.js';
import { Mirror } from './directory/mirror.js';
import { buildSnapshot, uidOf } from './directory/snapshot.js';
import { MemoryAttempts } from './gate/attempts.js';
import type { GateContext } from './gate/context.js';
import { SharedVerifier } from './gate/flights.js';
import { Pace } from './gate/pace.js';
import type { ServiceAccount } from './gate/service-accounts.js';
import { indexServiceAccounts } from './gate/service-accounts.js';
import { specialsByChannel } from './gate/specials.js';
import { Verdicts } from './gate/verdicts.js';
import { Layout } from './layout/layout.js';
import { dnKey, formatDN } from './ldap/dn.js';
import { HealthServer, type Readiness } from './ops/health.js';
import { type Logger, logFault, logMirror, logOperation } from './ops/log.js';
import { Listener, type SocketFile } from './server/listener.js';
import { Dialer } from './upstream/dialer.js';
import { parseEndpoint, type UpstreamEndpoint } from './upstream/endpoint.js';
import { LookupDesk } from './upstream/newcomers.js';
import { LdaptsReader } from './upstream/reader.js';
import { BindPool } from './upstream/verifier.js';
import { version } from './version.js';

export interface App {
  readonly ldapUrl: string | undefined;
  readonly ldapsUrl: string | undefined;
  readonly ldapiUrl: string | undefined;
  readonly opsUrl: string | undefined;
  readonly readiness: () => Readiness;
  /** Drains for at most `listen.limits.drainTime`, then ends everything. */
  stop(): Promise<void>;
}

const clock = () => performance.now();

/** The local names of a configuration. */
export function makeLayout({ upstream, local, directory }: Config): Layout {
  return new Layout({
    orgBaseDN: upstream.baseDN,
    ...(local.baseDN === undefined ? {} : { localBaseDN: local.baseDN }),
    usersRDN: local.users,
    groupsRDN: local.groups,
    hiddenAttributes: directory.hiddenAttributes,
    groupClasses: local.groupClasses,
  });
}

/** The reader of a configuration, not yet connected. Throws an Error for a name, password or URL that cannot be used. */
export function makeReader(config: Config, layout: Layout, dialer = new Dialer(config.upstream.ca)): LdaptsReader {
  const { connectTime, operationTime, reader } = config.upstream;
  return new LdaptsReader({
    endpoints: endpointsOf(config),
    dialer,
    connectTime,
    operationTime,
    isUnwanted: (attribute) => layout.isHidden(attribute) && !NEEDED.has(attribute.toLowerCase()),
    dn: upstreamReaderDN(config, layout),
    password: reader.password.reveal(),
    usersDN: formatDN(layout.upstreamUsersDN),
    group: config.group.everyone ? undefined : config.group.name,
  });
}

/** What the mirror needs of an entry, also where nobody may see it. */
const NEEDED = new Set(['objectclass', 'uid', 'cn', 'member', 'memberof', 'memberuid', 'mail']);

function endpointsOf({ upstream: { urls, allowCleartext } }: Config): UpstreamEndpoint[] {
  return urls.map((url) => parseEndpoint(url, allowCleartext));
}

/** The reader's own name, as the upstream knows it. */
export function upstreamReaderDN({ upstream: { reader } }: Config, layout: Layout): string {
  return reader.dn ?? layout.upstreamUserDN(reader.user ?? '');
}

/** Starts listening at once, also while the upstream is down (R101). Rejects if a port cannot be opened. */
export async function startApp(config: Config, log: Logger): Promise<App> {
  const layout = makeLayout(config);
  const readerDN = upstreamReaderDN(config, layout);
  const dialer = new Dialer(config.upstream.ca);
  const reader = makeReader(config, layout, dialer);
  const mirror = new Mirror({
    reader,
    build: (image) => buildSnapshot(image, layout, clock()),
    refresh: config.directory.refresh,
    doubt: config.directory.doubt,
    now: clock,
    random: Math.random,
    log: (event) => logMirror(log, event),
  });
  const { connectTime, operationTime, bindConnections: size, warmConnections: warm } = config.upstream;
  const endpoints = endpointsOf(config);
  const pool = new BindPool({ endpoints, dialer, connectTime, operationTime, size, warm });
  const tls = config.listen.tls === undefined ? undefined : secureContext(config.listen.tls);

  const gate: GateContext = {
    clock,
    random: randomBytes,
    snapshot: () => mirror.snapshot,
    specials: specialsByChannel({
      namingContext: formatDN(layout.localBaseDN),
      hasCertificate: tls !== undefined,
      hasExternal: config.listen.ldapi.external !== undefined,
      version,
    }),
    verifier: new SharedVerifier(pool),
    newcomers: new LookupDesk({ reader, mirror, uidOf: (entry) => uidOf(entry, layout), time: operationTime }),
    verdicts: new Verdicts({
      ttl: config.binds.cache.ttl,
      refusedTtl: config.binds.refusedTtl,
      staleIfError: config.binds.cache.staleIfError,
      entries: config.binds.cache.entries,
      clock,
    }),
    attempts: new MemoryAttempts({
      perAccount: config.binds.failuresPerAccount,
      perAddress: config.binds.failuresPerAddress,
      window: config.binds.window,
    }),
    pace: new Pace(clock, Math.random, operationTime),
    accounts: indexServiceAccounts(serviceAccounts(config, layout, readerDN)),
    usersKey: dnKey(layout.localUsersDN),
    upstreamUserDN: (uid) => layout.upstreamUserDN(uid),
    localUserDN: (uid) => layout.localUserDN(uid),
    names: config.local.names,
    requireTls: config.listen.requireTls,
    externalDN: config.listen.ldapi.external,
    userSearch: config.local.search.users,
    maxStale: config.directory.maxStale,
    membershipAge: config.directory.membershipAge,
    asksForSecondFactor: endpoints.some((endpoint) => endpoint.asksForSecondFactor),
    searchEntries: config.listen.limits.searchEntries,
  };

  const listener = new Listener({
    gate,
    limits: config.listen.limits,
    events: {
      operation: (trace, source) => logOperation(log, trace, source),
      fault: (fault, detail, source) => logFault(log, fault, detail, source),
    },
    ldap: config.listen.ldap,
    ldaps: config.listen.ldaps,
    ldapi: socketFile(config.listen.ldapi),
    trustedProxies: blockList(config.listen.proxyProtocol),
    tls,
  });

  const readiness = (): Readiness => {
    const { snapshot } = mirror;
    const age = snapshot === undefined ? Number.POSITIVE_INFINITY : clock() - snapshot.takenAt;
    const { lastError } = mirror.state();
    const isFresh = age <= config.directory.maxStale;
    return {
      ready: isFresh,
      snapshot: {
        present: snapshot !== undefined,
        ...(snapshot === undefined ? {} : { ageSeconds: Math.round(age / 1000), members: snapshot.memberCount }),
        maxStaleSeconds: config.directory.maxStale / 1000,
      },
      upstream: {
        reachable: lastError === undefined,
        ...(lastError === undefined ? {} : { lastError: lastError.message }),
      },
      connections: listener.size,
    };
  };
  const health = new HealthServer(readiness);

  const end = async () => {
    await listener.stop(config.listen.limits.drainTime);
    await health.stop();
    mirror.stop();
    reader.close();
    pool.close();
  };
  try {
    const opened = await listener.start();
    const ldapi = config.listen.ldapi.path;
    const ops =
      config.ops.http === undefined ? undefined : await health.start(config.ops.http.host, config.ops.http.port);
    // Not awaited: an upstream that is down must not keep us from listening; failures are logged and retried by the mirror.
    void mirror.start();
    return {
      ldapUrl: opened.ldap === undefined ? undefined : `ldap://${hostPort(opened.ldap)}`,
      ldapiUrl: ldapi === undefined ? undefined : `ldapi://${encodeURIComponent(ldapi)}`,
      ldapsUrl: opened.ldaps === undefined ? undefined : `ldaps://${hostPort(opened.ldaps)}`,
      opsUrl: ops === undefined ? undefined : `http://${hostPort(ops)}`,
      readiness,
      stop: end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

function socketFile({ path, mode }: Config['listen']['ldapi']): SocketFile | undefined {
  return path === undefined ? undefined : { path, mode };
}

function blockList(networks: readonly string[] | undefined): BlockList | undefined {
  if (networks === undefined) return undefined;
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
    list.addSubnet(address, bits === undefined ? (family === 'ipv4' ? 32 : 128) : Number(bits), family);
  }
  return list;
}

function hostPort(address: { address: string; family: string; port: number }): string {
  return address.family === 'IPv6' ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`;
}

/** TLS towards clients: 1.2 and newer with Node's own choice of suites (R62). */
function secureContext(tls: { readonly cert: Buffer; readonly key: Buffer }): SecureContext {
  return createSecureContext({ cert: tls.cert, key: tls.key, minVersion: 'TLSv1.2' });
}

function serviceAccounts(config: Config, layout: Layout, readerDN: string): ServiceAccount[] {
  const reader: ServiceAccount = {
    dn: layout.localName(readerDN),
    aliases: [readerDN],
    check: { kind: 'octets', password: config.upstream.reader.password.bytes() },
  };
  const configured = config.local.serviceAccounts.map((account): ServiceAccount => {
    const { password, passwordHash } = account;
    if (password !== undefined)
      return { dn: account.dn, aliases: [], check: { kind: 'octets', password: password.bytes() } };
    const hash = passwordHash?.reveal() ?? '';
    return { dn: account.dn, aliases: [], check: { kind: 'hash', verify: (octets) => verifyHash(hash, octets) } };
  });
  return [...configured, reader];
}
