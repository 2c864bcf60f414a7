// What each listening socket leads to: the apps of a configuration behind their doors.
import type { AppConfig, AppListen, Config } from '../config/config.js';
import { appChooser } from '../gate/app-choice.js';
import { formatDN } from '../ldap/dn.js';
import { makeClientTls } from '../server/client-tls.js';
import type { Entrance } from '../server/listener.js';
import type { SocketFile } from '../server/open-sockets.js';
import type { Door, Doors, Rules } from '../server/rules.js';
import type { AppParts } from './app-parts.js';
import type { Fleet } from './fleet.js';
import { type BindMemory, type Common, makeRules } from './rules.js';
import type { UpstreamStack } from './upstream-stack.js';

/** The door of the ports that apps share. No app's name has a space. */
const SHARED = 'shared ports';

/** All apps with their rules, and the doors that they are behind. */
export interface House {
  readonly doors: Doors;
  /** By the apps' names, in the order of the configuration. */
  readonly rules: ReadonlyMap<string, Rules>;
}

/** Throws an Error if the certificate or the key is invalid, or they do not match. */
export function makeHouse(
  config: Config,
  stack: UpstreamStack,
  memory: BindMemory,
  apps: readonly AppParts[],
  fleet?: Fleet,
): House {
  const tls = config.listen.tls === undefined ? undefined : makeClientTls(config.listen.tls);
  const common = { config, stack, memory, tls, fleet };
  const rules = new Map(apps.map((app) => [app.config.name, makeRules(common, app)]));
  const doors = new Map<string, Door>();
  for (const { config: app } of apps) if (app.listen !== 'shared') doors.set(app.name, { first: rules.get(app.name)! });
  const sharing = apps.filter((app) => app.config.listen === 'shared');
  const [first, ...others] = sharing;
  if (first !== undefined) {
    const own = rules.get(first.config.name)!;
    doors.set(SHARED, others.length === 0 ? { first: own } : sharedDoor(common, sharing, rules));
  }
  return { doors, rules };
}

/** Several apps behind one listener: a client has to say which one it means. Until then it sees the bases of all. */
function sharedDoor(common: Common, sharing: readonly AppParts[], rules: ReadonlyMap<string, Rules>): Door {
  const [first, ...others] = sharing;
  const bases = others.map(({ layout }) => formatDN(layout.localBaseDN));
  const places = sharing.map(({ config: { name, local }, layout }) => ({
    name,
    baseDN: formatDN(layout.localBaseDN),
    domains: local.domains,
    accounts: local.serviceAccounts.map(({ dn }) => dn),
  }));
  const { app: _none, ...undecided } = makeRules(common, first!, bases);
  const apps = new Map(sharing.map(({ config: { name } }) => [name, rules.get(name)!]));
  // Not the name of an app: a client that has not chosen yet belongs to none.
  return {
    first: { ...undecided, name: SHARED },
    several: { apps, choose: appChooser(places, common.config.listen.ldapi.external) },
  };
}

/** Where the doors are: what is opened at the start. */
export function entrancesOf(config: Config): Entrance[] {
  const shared = config.apps.some(({ listen }) => listen === 'shared') ? [entrance(SHARED, config.listen)] : [];
  return [...shared, ...config.apps.flatMap((app) => ownEntrance(app))];
}

function ownEntrance({ name, listen }: AppConfig): Entrance[] {
  return listen === 'shared' ? [] : [entrance(name, listen)];
}

function entrance(name: string, { ldap, ldaps, ldapi, inherited }: AppListen): Entrance {
  return { name, ldap, ldaps, ldapi: socketFile(ldapi), inherited };
}

function socketFile({ path, mode }: AppListen['ldapi']): SocketFile | undefined {
  return path === undefined ? undefined : { path, mode };
}
