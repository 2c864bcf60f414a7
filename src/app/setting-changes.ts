// Which settings of an app differ between two configurations, and which of those that all apps have in common: whatever keys there are.
import type { AppConfig, AppListen, Config, ServiceAccountConfig } from '../config/config.js';
import { printableApp, printableConfig } from '../config/printable-config.js';
import { Secret } from '../config/secret.js';
import { NO_KEYS } from './changes.js';
import { type DifferingKey, differingKeys } from './differing-keys.js';
import { baseDNOf } from './names.js';

/** As `jumpgate config` prints the values; both sides are `(changed)` for what is secret. */
export interface Change {
  readonly before: string;
  readonly after: string;
}

/** By the keys' paths. */
export type SettingChanges = Readonly<Record<string, Change>>;

const CHANGED: Change = { before: '(changed)', after: '(changed)' };
const NONE = '(none)';

/** Of what no app has its own: those of the program, and those that are compared app by app. */
const NOT_SHARED = new Set(['apps', 'group', 'local', 'attributes', 'ops', 'log', ...NO_KEYS]);
/** What an app has of its own, with what it inherits. */
const OF_APPS = new Set([
  'listen.ldap',
  'listen.ldaps',
  'listen.ldapi',
  'binds.failuresPerAddress',
  'binds.window',
  'directory.hiddenAttributes',
]);

/** Every key that differs. Service accounts that only one side has are listed elsewhere. */
export function appSettingChanges(
  [app, config]: readonly [AppConfig, Config],
  [other, otherConfig]: readonly [AppConfig, Config],
): SettingChanges {
  const keys = differingKeys(effective(app, config), effective(other, otherConfig));
  const isOneAccount = ({ path: [key, ...rest] }: DifferingKey) => key === 'serviceAccounts' && rest.length === 1;
  return describeChanges(
    keys.filter((key) => !isOneAccount(key)),
    shown(app, config),
    shown(other, otherConfig),
  );
}

/** Limits, TLS, the upstream and the like: what differs for all apps. */
export function sharedSettingChanges(before: Config, after: Config): SettingChanges {
  const shared = (config: Config) =>
    Object.fromEntries(Object.entries(config).flatMap(([key, value]) => (NOT_SHARED.has(key) ? [] : [[key, value]])));
  const isOfApps = ({ path }: DifferingKey) => OF_APPS.has(path.slice(0, 2).join('.'));
  const keys = differingKeys(shared(before), shared(after)).filter((key) => !isOfApps(key));
  return describeChanges(keys, printableConfig(before), printableConfig(after));
}

/** Everything of the app, by keys as a file has them, with what it takes from elsewhere. */
function effective(whole: AppConfig, config: Config) {
  const { name: _name, isNamed: _isNamed, local, ...app } = whole;
  const { serviceAccounts, serviceAccountsFile, ...names } = local;
  return {
    ...app,
    ...beside(whole, config),
    // Left out it is the upstream's own.
    local: { ...names, baseDN: [local.baseDN === undefined, baseDNOf(whole, config)] },
    serviceAccounts: byName(serviceAccounts),
    serviceAccountsFile,
  };
}

/** The same, as the operator writes it. */
function shown(app: AppConfig, config: Config): object {
  const { listen } = beside(app, config);
  const local = { ...app.local, baseDN: baseDNOf(app, config) };
  const plain = printableApp({ ...app, local, listen }) as { listen: object; serviceAccounts: { dn: string }[] };
  return {
    ...plain,
    ...beside(app, config),
    listen: { ...plain.listen, isShared: listen.isShared },
    serviceAccounts: byName(plain.serviceAccounts),
  };
}

/** What other keys than the app's own say of it. */
function beside({ listen: own }: AppConfig, config: Config) {
  const isShared = own === 'shared';
  const listen = isShared ? listenersOf(config) : own;
  return { listen: { ...listen, isShared }, bareNamesLeadTo: isShared ? firstShared(config) : 'this app' };
}

function listenersOf({ listen: { ldap, ldaps, ldapi, inherited } }: Config): AppListen {
  return { ldap, ldaps, ldapi, inherited };
}

/** A bare name in the first bind of a connection means this one of those that share the listeners. */
function firstShared({ apps }: Config): string | undefined {
  return apps.find(({ listen }) => listen === 'shared')?.name;
}

function byName<Account extends Pick<ServiceAccountConfig, 'dn'>>(accounts: readonly Account[]) {
  return Object.fromEntries(accounts.map((account) => [account.dn, account]));
}

function describeChanges(keys: readonly DifferingKey[], before: unknown, after: unknown): SettingChanges {
  return Object.fromEntries(keys.map((key) => [key.path.join('.'), changeOf(key, before, after)]));
}

/** Values that cannot be shown as two different texts still count as changed. */
function changeOf(key: DifferingKey, before: unknown, after: unknown): Change {
  if (key.before instanceof Secret || key.after instanceof Secret) return CHANGED;
  const [old, now] = [textAt(key.path, before), textAt(key.path, after)];
  return old === now ? CHANGED : { before: old, after: now };
}

function textAt(path: readonly string[], tree: unknown): string {
  let value = tree;
  for (const key of path) {
    const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
    value = isThere ? (value as Record<string, unknown>)[key] : undefined;
  }
  return textOf(value);
}

function textOf(value: unknown): string {
  if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return NONE;
  if (Array.isArray(value)) return value.map(textOf).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
