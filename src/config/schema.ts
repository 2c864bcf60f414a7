// Every key of the configuration, with its default. Unknown keys are faults.
import * as z from 'zod';
import { addressLimit, appLocal, apps, attributes, ldapi, leavesOf, serviceAccounts } from './app-schema.js';
import { duration, endpoint, flag, list, optionalDuration, size, text, wholeNumber } from './units.js';

const count = (fallback: number) => wholeNumber(fallback, 1);

const tlsVersion = (fallback: 'TLSv1.2' | 'TLSv1.3') => z.enum(['TLSv1.2', 'TLSv1.3']).default(fallback);

const limits = z.strictObject({
  connections: count(10_000),
  connectionsPerAddress: count(5000),
  unboundPerAddress: count(1000),
  unboundTime: duration('60s'),
  messageBytes: size('1MiB'),
  messageBytesBeforeBind: size('64KiB'),
  messageTime: duration('30s'),
  handshakeTime: duration('10s'),
  idleTime: duration('12h'),
  pendingOperations: count(500),
  pendingBytes: size('1MiB'),
  pendingBytesPerAddress: size('4MiB'),
  pendingBytesInAll: size('16MiB'),
  keptBytesPerAddress: size('16MiB'),
  keptBytesInAll: size('64MiB'),
  searchEntries: count(100_000),
  searchTime: duration('30s'),
  searchWork: wholeNumber(100_000_000, 0),
  rankedEntries: count(250_000),
  drainTime: duration('10s'),
});

const listen = z.strictObject({
  ldap: endpoint('127.0.0.1:1389'),
  ldaps: endpoint(false),
  tls: z
    .strictObject({
      certFile: text,
      keyFile: text,
      clientCaFile: text.optional(),
      minVersion: tlsVersion('TLSv1.2'),
      maxVersion: tlsVersion('TLSv1.3'),
      ciphers: text.optional(),
    })
    .optional(),
  ldapi,
  proxyProtocol: z
    .union(
      [z.literal(false), z.literal('false'), list(text)],
      'must be a list of addresses and networks, such as [10.0.0.5], or false',
    )
    .default(false),
  requireTls: flag(false),
  limits: limits.prefault({}),
});

const upstream = z.strictObject({
  urls: list(text).default(['ldaps://ldap.jumpcloud.com:636']),
  caFile: text.optional(),
  startTLS: flag(false),
  tls: z
    .strictObject({ certFile: text.optional(), keyFile: text.optional(), pin: list(text).default([]) })
    .prefault({}),
  orgId: text.optional(),
  baseDN: text.optional(),
  reader: z
    .strictObject({
      user: text.optional(),
      dn: text.optional(),
      password: text.optional(),
      passwordFile: text.optional(),
    })
    .prefault({}),
  api: z
    .strictObject({
      clientId: text.optional(),
      clientSecret: text.optional(),
      clientSecretFile: text.optional(),
      key: text.optional(),
      keyFile: text.optional(),
      region: z.enum(['standard', 'eu', 'in']).optional(),
      urls: z.strictObject({ console: text.optional(), api: text.optional(), token: text.optional() }).prefault({}),
      orgId: text.optional(),
    })
    .prefault({}),
  connectTime: duration('5s'),
  operationTime: optionalDuration(),
  bindConnections: count(32),
  warmConnections: wholeNumber(2, 0),
  allowCleartext: flag(false),
});

const group = z.preprocess(
  (value) => (typeof value === 'string' ? { name: value } : value),
  z
    .strictObject(
      { name: z.string().default('wayk-users'), everyone: flag(false) },
      'must be a name, such as wayk-users',
    )
    .prefault({}),
);

const local = appLocal.extend({
  serviceAccounts: serviceAccounts.default([]),
  serviceAccountsFile: text.optional(),
});

const directory = z.strictObject({
  refresh: duration('30s'),
  maxStale: duration('1h'),
  membershipAge: duration('60s'),
  doubt: duration('60s'),
  hiddenAttributes: list(text).default([]),
  limits: z.strictObject({ octets: size('512MiB'), entries: count(200_000), entryOctets: size('16MiB') }).prefault({}),
});

const binds = z.strictObject({
  cache: z.strictObject({ ttl: duration('30s'), entries: count(10_000), staleIfError: duration('0s') }).prefault({}),
  refusedTtl: duration('60s'),
  failuresPerAccount: count(3),
  accountWindow: duration('30m'),
  fromTenant: flag(false),
  ...addressLimit,
});

const fleet = z.strictObject({
  url: text,
  user: text.optional(),
  password: text.optional(),
  passwordFile: text.optional(),
  key: text.optional(),
  keyFile: text.optional(),
  caFile: text.optional(),
  decisionTime: duration('50ms'),
  verdicts: flag(false),
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be of letters, digits, dots, hyphens and underscores, at most 64')
    .default('jumpgate'),
  instance: z
    .string()
    .regex(/^[!-~]{1,64}$/, 'must be of printable ASCII without blanks, at most 64 characters')
    .optional(),
});

/** The whole file. */
export const schema = z.strictObject({
  listen: listen.prefault({}),
  upstream: upstream.prefault({}),
  group,
  local: local.prefault({}),
  attributes: attributes.default({}),
  apps: apps.default([]),
  directory: directory.prefault({}),
  binds: binds.prefault({}),
  fleet: fleet.optional(),
  ops: z
    .strictObject({ http: endpoint('127.0.0.1:9389'), token: text.optional(), tokenFile: text.optional() })
    .prefault({}),
  log: z
    .strictObject({
      level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
      format: z.enum(['auto', 'json', 'pretty', 'logfmt']).default('auto'),
      audit: text.optional(),
    })
    .prefault({}),
});

/** As written: before defaults and units. */
export type Settings = z.input<typeof schema>;
/** With defaults and units, before names are parsed and files are read. */
export type Parsed = z.output<typeof schema>;

let paths: readonly string[][] | undefined;

/** The paths of all leaf keys, e.g. `upstream.orgId`; serviceAccounts, attributes and apps count as one each. */
export function keyPaths(): readonly string[][] {
  paths ??= leavesOf(schema, []);
  return paths;
}
