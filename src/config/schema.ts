// Every key of the configuration, with its default. Unknown keys are faults.
import { parse } from 'yaml';
import * as z from 'zod';
import { expectation } from './expectation.js';
import { duration, endpoint, fileMode, flag, list, optionalDuration, size, text, wholeNumber } from './units.js';

// One configuration is read, not thousands: to generate code for that costs more than it saves, and a process may forbid it. The library's own
// words for what is wrong are for programmers; shapes that want something special say so themselves.
z.config({ jitless: true, customError: expectation });

const count = (fallback: number) => wholeNumber(fallback, 1);

const tlsVersion = (fallback: 'TLSv1.2' | 'TLSv1.3') => z.enum(['TLSv1.2', 'TLSv1.3']).default(fallback);

/** Of DNS or NetBIOS: without the @ or the backslash. */
const domain = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/, 'a domain such as example.com or EXAMPLE');

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
  ldapi: z.strictObject({ path: text.optional(), mode: fileMode('0600'), external: text.optional() }).prefault({}),
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

/** An account that exists only here. */
const serviceAccount = z.strictObject({
  dn: text,
  password: text.optional(),
  passwordFile: text.optional(),
  passwordHash: text.optional(),
});

/** The accounts of a file of their own, or of an environment variable. */
export const serviceAccounts = z.preprocess(
  (value) => (typeof value === 'string' ? fromYaml(value) : value),
  z.array(serviceAccount, 'must be a list of accounts, such as [{ dn: "cn=app,dc=example,dc=com", passwordHash: … }]'),
);

const local = z.strictObject({
  baseDN: text.optional(),
  face: z.enum(['jumpcloud', 'posix', 'activedirectory']).default('jumpcloud'),
  users: text.default('ou=Users'),
  groups: text.default('ou=Groups'),
  names: list(z.enum(['uid', 'mail'])).default(['uid', 'mail']),
  domains: list(domain).default([]),
  tellPolicy: flag(false),
  tellReference: flag(false),
  tellReasons: flag(false),
  groupClasses: list(z.enum(['groupOfNames', 'groupOfUniqueNames', 'posixGroup'])).default(['groupOfNames']),
  serviceAccounts: serviceAccounts.default([]),
  serviceAccountsFile: text.optional(),
  search: z.strictObject({ users: z.enum(['self', 'all', 'none']).default('self') }).prefault({}),
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
  failuresPerAddress: count(100),
  window: duration('60s'),
});

/** YAML, or JSON, which is YAML as well; a text that is neither stays what it is. */
function fromYaml(text: string): unknown {
  try {
    return parse(text) as unknown;
  } catch {
    return text;
  }
}

/** The whole file. */
export const schema = z.strictObject({
  listen: listen.prefault({}),
  upstream: upstream.prefault({}),
  group,
  local: local.prefault({}),
  directory: directory.prefault({}),
  binds: binds.prefault({}),
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

/** The paths of all leaf keys, e.g. `upstream.orgId`; serviceAccounts counts as one. */
export function keyPaths(): readonly string[][] {
  paths ??= leavesOf(schema, []);
  return paths;
}

function leavesOf(shape: z.core.$ZodType, path: readonly string[]): string[][] {
  const { def } = (shape as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object':
      return Object.entries(def.shape).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
    case 'default':
    case 'optional':
    case 'prefault':
      return leavesOf(def.innerType, path);
    case 'pipe':
      // What is made of the value before it has this shape, or after.
      return leavesOf((def.in as z.core.$ZodTypes)._zod.def.type === 'transform' ? def.out : def.in, path);
    default:
      return [[...path]];
  }
}
