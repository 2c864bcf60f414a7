// What several apps may not have in common, for then nobody could say whom a connection is for.
import { type DN, formatDN, isBelowOrEqual, parseDN } from '../ldap/dn.js';
import type { Checks } from './checks.js';
import type { AppConfig, Config } from './config.js';

/** An app and its place in the configuration: '' is the top level. */
export interface PlacedApp {
  readonly app: AppConfig;
  readonly place: string;
}

/** In messages. */
export function appText({ name, isNamed }: AppConfig): string {
  return isNamed ? `app ${name}` : 'the app of the top-level keys';
}

const keyOf = ({ place }: PlacedApp, key: string) => (place === '' ? key : `${place}.${key}`);

/** Faults of apps that cannot be told apart: by their names, their bases, their service accounts. */
export function checkTogether(placed: readonly PlacedApp[], upstreamBase: DN, checks: Checks): void {
  for (const [i, one] of placed.entries()) {
    const twin = placed.slice(0, i).find(({ app }) => app.name === one.app.name);
    if (twin !== undefined && one.app.name !== '')
      checks.fault(keyOf(one, 'name'), `is already the name of ${twin.place}`, 'Choose another.', one.app.name);
  }
  const shared = placed.filter(({ app }) => app.listen === 'shared');
  for (const [i, one] of shared.entries()) {
    for (const other of shared.slice(0, i)) checkBases(one, other, upstreamBase, checks);
    for (const other of shared) if (other !== one) checkAccounts(one, other, upstreamBase, checks);
    checkDomains(one, shared.slice(0, i), checks);
  }
}

/** `user@domain` at a listener that apps share is for the first app that has the domain. */
function checkDomains(one: PlacedApp, before: readonly PlacedApp[], checks: Checks): void {
  for (const domain of one.app.local.domains) {
    const isSame = (known: string) => known.toLowerCase() === domain.toLowerCase();
    const other = before.find(({ app }) => app.local.domains.some(isSame));
    if (other === undefined) continue;
    const message = `has ${domain}, as ${appText(other.app)}, which shares its listeners and comes first: logins with names in this domain go there`;
    const remedy = 'Give this app another domain or listeners of its own (listen); logins by DN are not affected.';
    checks.warn(keyOf(one, 'local.domains'), message, remedy);
    return;
  }
}

const baseOf = ({ app }: PlacedApp, upstreamBase: DN) => app.local.baseDN ?? upstreamBase;

type Relation = 'is the base of' | 'lies below the base of' | 'is above the base of';

/** Undefined for bases apart from each other, and for an empty one, which is reported already. */
function relationOf(base: DN, other: DN): Relation | undefined {
  if (base.length === 0 || other.length === 0) return undefined;
  const [isBelow, isAbove] = [isBelowOrEqual(base, other), isBelowOrEqual(other, base)];
  if (isBelow && isAbove) return 'is the base of';
  if (isBelow) return 'lies below the base of';
  return isAbove ? 'is above the base of' : undefined;
}

/** A connection to listeners that apps share belongs to the app whose base its first names lie below. */
function checkBases(one: PlacedApp, other: PlacedApp, upstreamBase: DN, checks: Checks): void {
  const base = baseOf(one, upstreamBase);
  const relation = relationOf(base, baseOf(other, upstreamBase));
  if (relation === undefined) return;
  const message = `${relation} ${appText(other.app)}, which shares its listeners`;
  const remedy =
    'Give one of the two another base, or listeners of its own (listen): the base decides which app a connection belongs to.';
  const about = [keyOf(other, 'local.baseDN'), keyOf(one, 'listen'), keyOf(other, 'listen')];
  checks.fault(keyOf(one, 'local.baseDN'), message, remedy, formatDN(base), about);
}

/** The base decides before the account does. */
function checkAccounts(one: PlacedApp, other: PlacedApp, upstreamBase: DN, checks: Checks): void {
  const base = baseOf(other, upstreamBase);
  // If the bases overlap, only that is reported.
  if (base.length === 0 || relationOf(baseOf(one, upstreamBase), base) !== undefined) return;
  for (const { dn } of one.app.local.serviceAccounts) {
    const parsed = parseDN(dn);
    if (parsed === undefined || !isBelowOrEqual(parsed, base)) continue;
    const key = one.place === '' ? 'local.serviceAccounts' : keyOf(one, 'serviceAccounts');
    const message = `has a name below the base of ${appText(other.app)}, which shares its listeners: its logins go there`;
    const remedy = 'Choose a name below the base of its own app, or outside all bases.';
    checks.fault(key, message, remedy, dn, [keyOf(other, 'local.baseDN')]);
  }
}

/** One listener, and the key that opens it. */
interface Opened {
  readonly key: string;
  readonly host: string;
  readonly port: number;
}

/** Every port and socket file is opened once. */
export function checkListeners(
  placed: readonly PlacedApp[],
  { listen, ops }: Pick<Config, 'listen' | 'ops'>,
  checks: Checks,
): void {
  const sections = placed.flatMap(({ app, place }) =>
    app.listen === 'shared' ? [] : [{ listen: app.listen, key: `${place}.listen` }],
  );
  const all = [{ listen, key: 'listen' }, ...sections];
  const opened = all.flatMap(({ listen: { ldap, ldaps }, key }): Opened[] => [
    ...(ldap === undefined ? [] : [{ key: `${key}.ldap`, ...ldap }]),
    ...(ldaps === undefined ? [] : [{ key: `${key}.ldaps`, ...ldaps }]),
  ]);
  if (ops.http !== undefined) opened.unshift({ key: 'ops.http', ...ops.http });
  for (const [i, one] of opened.entries()) {
    const other = opened.slice(0, i).find((before) => collide(before, one));
    if (other === undefined) continue;
    const message = `has the port of ${other.key}${other.host === one.host ? '' : ` (${other.host})`}`;
    checks.fault(one.key, message, 'Choose another port.', `${one.host}:${one.port}`, [other.key]);
  }
  const files = all.flatMap(({ listen: { ldapi }, key }) =>
    ldapi.path === undefined ? [] : [{ key: `${key}.ldapi.path`, path: ldapi.path }],
  );
  for (const [i, { key, path }] of files.entries()) {
    const other = files.slice(0, i).find((before) => before.path === path);
    if (other !== undefined)
      checks.fault(key, `is the socket file of ${other.key}`, 'Choose another.', path, [other.key]);
  }
}

const ANY_ADDRESS = ['0.0.0.0', '::'];

/** Port 0 is a free one. A listener on every address of this machine has the port of each of them. */
function collide(one: Opened, other: Opened): boolean {
  const [a, b] = [addressOf(one), addressOf(other)];
  if (one.port === 0 || one.port !== other.port) return false;
  const isSameFamily = a.includes(':') === b.includes(':');
  // Of the two, :: takes IPv4 as well.
  const isAny = (address: string) => ANY_ADDRESS.includes(address) && (isSameFamily || address === '::');
  return a === b || isAny(a) || isAny(b);
}

const addressOf = ({ host }: Opened) => (host.toLowerCase() === 'localhost' ? '127.0.0.1' : host.toLowerCase());
