// What a new configuration changes against the one at work.
import type { AppConfig, Config } from '../config/config.js';
import { isPlain } from '../config/plain-app.js';
import { differingKeys, same } from './differing-keys.js';

/**
 * True if everything that talks to the upstream, and every name in the mirror's snapshot, can stay as it is. The names in it are those of the
 * only app (`isPlain`), else the upstream's own: what apps make of them is then no matter of the mirror's.
 */
export function keepsUpstream(a: Config, b: Config): boolean {
  const part = ({ upstream: whole, directory: { hiddenAttributes: _hidden, ...directory }, apps }: Config) => {
    // Nothing of the mirror or the binds depends on the REST API.
    const { api: _api, ...upstream } = whole;
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

/** True if cached passwords and counted attempts stay valid under `b`: same upstream, same `binds`. */
export function keepsMemory(a: Config, b: Config): boolean {
  return keepsUpstream(a, b) && same(a.binds, b.binds);
}

/** What a configuration is made of that no key says. */
export const NO_KEYS = ['files', 'source', 'origins', 'warnings'];

/** The paths of the keys whose values differ, or the content of whose files does: those of an app by its name. Values are left out. */
export function changedKeys(a: Config, b: Config): string[] {
  const keys = new Set(differingKeys(written(a), written(b)).map(({ path }) => path.join('.')));
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

/** Sockets and the log's stream are opened once. */
const OPENED_ONCE: readonly (readonly [string, (config: Config) => unknown])[] = [
  ['listen.ldap', ({ listen }) => listen.ldap],
  ['listen.ldaps', ({ listen }) => listen.ldaps],
  ['listen.ldapi', ({ listen: { ldapi } }) => [ldapi.path, ldapi.mode]],
  ['listen.proxyProtocol', ({ listen }) => listen.proxyProtocol],
  ['ops.http', ({ ops }) => ops.http],
  ['log.format', ({ log }) => log.format],
  ['log.audit', ({ log }) => log.audit],
];

/** True for the path of a top-level key whose new value needs a restart, for the documentation. */
export function waitsForRestart(path: string): boolean {
  return OPENED_ONCE.some(([key]) => key === path) || path === 'listen.ldapi.path' || path === 'listen.ldapi.mode';
}

/** The keys that differ and whose new value needs a restart. */
export function needsRestart(a: Config, b: Config): string[] {
  const keys = OPENED_ONCE.filter(([, part]) => !same(part(a), part(b))).map(([key]) => key);
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
