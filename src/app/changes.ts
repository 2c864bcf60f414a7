// What a new configuration changes against the one at work.
import { createHash } from 'node:crypto';
import type { AppConfig, Config } from '../config/config.js';
import { isPlain } from '../config/plain-app.js';
import { Secret } from '../config/secret.js';

/** Text that is equal for equal parts, secrets included as digests. */
function fingerprint(part: unknown): string {
  return JSON.stringify(part, function (this: Record<string, unknown>, key, value: unknown) {
    // JSON.stringify has asked toJSON already; the secret itself is in its holder.
    const held = this[key];
    if (!(held instanceof Secret)) return value;
    return createHash('sha256').update(held.reveal()).digest('base64');
  });
}

const same = (a: unknown, b: unknown) => fingerprint(a) === fingerprint(b);

/**
 * True if everything that talks to the upstream, and every name in the mirror's snapshot, can stay as it is. The names in it are those of the
 * only app (`isPlain`), else the upstream's own: what apps make of them is then no matter of the mirror's.
 */
export function keepsUpstream(a: Config, b: Config): boolean {
  const part = ({ upstream, directory: { hiddenAttributes: _hidden, ...directory }, apps }: Config) => {
    const groups = [...new Set(apps.flatMap((app) => app.groups))].sort();
    return { upstream, directory, groups, everyone: apps.some(({ everyone }) => everyone), names: namesIn(apps) };
  };
  return same(part(a), part(b));
}

/** What the mirror's snapshot has of an app's names. */
function namesIn(apps: readonly AppConfig[]): unknown {
  if (!isPlain(apps)) return 'upstream';
  const [{ local, hiddenAttributes }] = apps;
  const { baseDN, users, groups, groupClasses } = local;
  return { baseDN, users, groups, groupClasses, hiddenAttributes };
}

export function keepsMemory(a: Config, b: Config): boolean {
  return keepsUpstream(a, b) && same(a.binds, b.binds);
}

/** What a configuration is made of that no key says. */
const NO_KEYS = ['files', 'source', 'origins', 'warnings'];
/** Keys that name the files whose octets these are. */
const CONTENTS: Readonly<Record<string, string>> = {
  ca: 'caFile',
  cert: 'certFile',
  key: 'keyFile',
  clientCa: 'clientCaFile',
};

/** The paths of the keys whose values differ, or the content of whose files does: those of an app by its name. No value is told. */
export function changedKeys(a: Config, b: Config): string[] {
  const walk = (left: unknown, right: unknown, path: readonly string[]): string[] => {
    if (same(left, right)) return [];
    if (!isSection(left) || !isSection(right)) return [path.join('.')];
    const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
    return keys.flatMap((key) => walk(left[key], right[key], [...path, CONTENTS[key] ?? key]));
  };
  const keys = new Set(walk(written(a), written(b), []));
  // A bare name is asked of the first app that shares a listener.
  if (!same(orderOf(a, b), orderOf(b, a))) keys.add('apps');
  return [...keys].sort();
}

/** By keys as a file has them, and the named apps by their names. */
function written({ apps, group, local, ...config }: Config): Record<string, unknown> {
  const rest = Object.entries(config).filter(([key]) => !NO_KEYS.includes(key));
  const topLevel = apps.find(({ isNamed }) => !isNamed);
  const named = apps.filter(({ isNamed }) => isNamed);
  return {
    ...Object.fromEntries(rest),
    ...(topLevel !== undefined && { group, local, attributes: topLevel.attributes }),
    apps: Object.fromEntries(named.map((app) => [app.name, writtenApp(app)])),
  };
}

function writtenApp({ name: _name, isNamed: _isNamed, local, ...app }: AppConfig): Record<string, unknown> {
  const { serviceAccounts, serviceAccountsFile, ...names } = local;
  return { ...app, serviceAccounts, serviceAccountsFile, local: names };
}

/** The names of the apps that the other one has as well. */
function orderOf({ apps }: Config, other: Config): string[] {
  const names = apps.map(({ name }) => name);
  return names.filter((name) => other.apps.some((app) => app.name === name));
}

/** Something below which there are keys: no list, octets or secret, and no address of a listener. */
function isSection(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return false;
  return !('host' in value && 'port' in value);
}

/** Keys whose new value waits for a restart: sockets and the log's stream are opened once. */
export function needsRestart(a: Config, b: Config): string[] {
  const pairs: [string, (config: Config) => unknown][] = [
    ['listen.ldap', ({ listen }) => listen.ldap],
    ['listen.ldaps', ({ listen }) => listen.ldaps],
    ['listen.ldapi', ({ listen: { ldapi } }) => [ldapi.path, ldapi.mode]],
    ['listen.proxyProtocol', ({ listen }) => listen.proxyProtocol],
    ['ops.http', ({ ops }) => ops.http],
    ['log.format', ({ log }) => log.format],
    ['log.audit', ({ log }) => log.audit],
  ];
  const keys = pairs.filter(([, part]) => !same(part(a), part(b))).map(([key]) => key);
  return [...keys, ...changedListeners(a, b)];
}

/** The listeners of their own that apps have gained, lost or changed. */
function changedListeners(a: Config, b: Config): string[] {
  const listeners = ({ apps }: Config, name: string) => {
    const { listen = 'shared' } = apps.find((app) => app.name === name) ?? {};
    return listen === 'shared' ? listen : [listen.ldap, listen.ldaps, listen.ldapi.path, listen.ldapi.mode];
  };
  const names = [...new Set([...a.apps, ...b.apps].map(({ name }) => name))];
  return names.filter((name) => !same(listeners(a, name), listeners(b, name))).map((name) => `apps.${name}.listen`);
}
