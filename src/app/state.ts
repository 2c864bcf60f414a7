// The state of every part of a running proxy, collected in one place.
import { X509Certificate } from 'node:crypto';
import { hostname } from 'node:os';
import type { Config } from '../config/config.js';
import { urlsOf } from '../config/listeners.js';
import { searchLimitText } from '../directory/reader.js';
import { groupsText } from '../gate/explain/reasons.js';
import { formatDN } from '../ldap/dn.js';
import { READ_FAULTS } from '../ops/explain/read-faults.js';
import { printable } from '../ops/log/printable.js';
import {
  type AppState,
  type CloudState,
  certificateState,
  type FleetState,
  type LagState,
  type State,
  type UpstreamAddressState,
} from '../ops/state.js';
import type { LastUse } from '../ops/telemetry/tally.js';
import { version } from '../version.js';
import type { AppParts } from './app-parts.js';
import { baseDNOf, gatesOf, readerName } from './names.js';
import type { BindMemory } from './rules.js';
import type { UpstreamStack } from './upstream-stack.js';

export interface Parts {
  readonly config: Config;
  readonly apps: readonly AppParts[];
  readonly stack: UpstreamStack;
  readonly memory: BindMemory;
  readonly urls: { readonly [Kind in 'ldap' | 'ldaps' | 'ldapi']: string | undefined };
  readonly connections: number;
  readonly connectionsAccepted: number;
  /** Undefined where JumpCloud's API is not asked. */
  readonly lag: LagState | undefined;
  readonly cloud: CloudState | undefined;
  readonly fleet: FleetState | undefined;
  /** By the label of the app, if it has one. */
  readonly lastUseOf: (app: string | undefined) => LastUse | undefined;
  /** Milliseconds by the clock of the process. */
  readonly now: number;
  readonly startedAt: number;
}

/** The state as /readyz, the page and metrics show it. Plain data without secrets. */
export function stateOf(parts: Parts): State {
  const { config, stack, memory, urls, now, startedAt } = parts;
  const { mirror, pool } = stack;
  const { maxStale } = config.directory;
  const { snapshot } = mirror;
  const age = snapshot === undefined ? Number.POSITIVE_INFINITY : now - snapshot.takenAt;
  const { lastError, searchLimit } = mirror.state();
  const { orgId } = config.upstream;
  const { tls } = config.listen;
  const { refused } = memory.limiters;
  return {
    ready: age <= maxStale,
    version,
    uptimeSeconds: Math.round((now - startedAt) / 1000),
    instance: printable(config.fleet?.instance ?? hostname()),
    ...(orgId === '' ? {} : { orgId }),
    listener: {
      ...defined(urls),
      startTLS: tls !== undefined && urls.ldap !== undefined,
      ...(tls === undefined ? {} : { certificate: certificateState(endOf(tls.cert), Date.now()) }),
    },
    snapshot: {
      present: snapshot !== undefined,
      ...(snapshot === undefined
        ? {}
        : { ageSeconds: Math.round(age / 1000), members: snapshot.memberCount, entries: snapshot.entries.length }),
      maxStaleSeconds: maxStale / 1000,
    },
    upstream: {
      reachable: lastError === undefined || mirror.isWithoutList,
      ...failureOf(parts),
      ...(searchLimit === undefined ? {} : { searchLimit: searchLimitText(searchLimit) }),
      ...(parts.lag === undefined ? {} : { lag: parts.lag }),
      addresses: addressesOf(stack, now),
    },
    binds: { ...pool.state(), size: config.upstream.bindConnections },
    cache: { accounts: memory.credentialCache.size },
    attempts: {
      refusedByAccount: refused.account,
      refusedByAddress: refused.address,
    },
    connections: parts.connections,
    connectionsAccepted: parts.connectionsAccepted,
    apps: parts.apps.map((app) => appState(app, parts)),
    ...(parts.cloud === undefined ? {} : { cloud: parts.cloud }),
    ...(parts.fleet === undefined ? {} : { fleet: { ...parts.fleet, ...readingOf(stack) } }),
  };
}

/** Why the upstream cannot be read, for how long, and what to do about it. Nothing while it can. */
function failureOf({ config, stack, now }: Parts): Partial<State['upstream']> {
  const { lastError, failures, failingSince = now } = stack.mirror.state();
  if (lastError === undefined) return {};
  const names = { group: groupsText(gatesOf(config).gates), user: readerName(config) };
  return {
    lastError: printable(lastError.message),
    remedy: printable(READ_FAULTS[lastError.cause].remedy(names), LONGEST_REMEDY),
    failures,
    failingSeconds: Math.round((now - failingSince) / 1000),
  };
}

/** Characters: a remedy is ours, with a name or two of somebody else's in it. */
const LONGEST_REMEDY = 2000;

function readingOf({ reading }: UpstreamStack): Pick<FleetState, 'reading'> {
  if (reading === undefined) return {};
  const { role, why, isReader, generation, by, age, reads } = reading;
  return {
    reading: {
      ...(role === undefined ? {} : { role }),
      ...(why === '' ? {} : { why: printable(why) }),
      isReader,
      ...(generation === undefined || by === undefined ? {} : { generation, by: printable(by) }),
      ...(age === undefined ? {} : { ageSeconds: Math.round(age) / 1000 }),
      reads,
    },
  };
}

function appState({ config: app, gates, view }: AppParts, { config, stack: { mirror }, lastUseOf }: Parts): AppState {
  const { listen, apps } = config;
  const base = mirror.snapshot;
  const missing = mirror.state().missing.filter((group) => app.groups.includes(group.name));
  const always = {
    name: app.name,
    listeners: urlsOf(app.listen === 'shared' ? listen : app.listen),
    groups: app.everyone ? [] : app.groups.map((group) => printable(group)),
    baseDN: printable(formatDN(baseDNOf(app, config))),
    ...(missing.length === 0 ? {} : { missing: missing.map((group) => printable(group.name)) }),
    lastUse: lastUse(lastUseOf(app.isNamed || apps.length > 1 ? app.name : undefined)),
  };
  const shown = base === undefined || view === undefined ? base : view.of(base);
  if (base === undefined || shown === undefined) return always;
  return { ...always, members: base.membersOf(gates).count, entries: shown.entries.length };
}

function lastUse(used: LastUse | undefined): AppState['lastUse'] {
  const times = Object.entries(used ?? {}).filter(([, time]) => time > 0);
  return Object.fromEntries(times.map(([what, time]) => [what, new Date(time).toISOString()]));
}

function addressesOf({ pool }: UpstreamStack, now: number): UpstreamAddressState[] {
  return pool.addresses().map(({ certificateEnds, failingSince, ...address }) => ({
    ...address,
    ...(failingSince === undefined ? {} : { downSeconds: Math.round((now - failingSince) / 1000) }),
    ...(certificateEnds === undefined ? {} : { certificate: certificateState(certificateEnds, Date.now()) }),
  }));
}

/** When the first certificate of a PEM file ends, in milliseconds of the wall clock. */
function endOf(pem: Buffer): number {
  return Date.parse(new X509Certificate(pem).validTo);
}

function defined(urls: Parts['urls']): Pick<State['listener'], 'ldap' | 'ldaps' | 'ldapi'> {
  return Object.fromEntries(Object.entries(urls).filter(([, url]) => url !== undefined));
}
