// Five apps over one stand-in, as a configuration for tests: two that share a port, and three with ports of their own.
import { GROUPS, PEOPLE } from '../../src/demo/people.js';
import { BASE } from './proxy.js';

export type Settings = Record<string, unknown>;

/** The password of each app's service account. */
export const accountPassword = (app: string) => `the secret of ${app}`;
export const baseOf = (app: string) => `dc=${app},${BASE}`;
/** That of `vault` is below no app's base: its name alone says whose it is. */
export const accountOf = (app: string) => `cn=account,${app === 'vault' ? 'ou=of vault' : baseOf(app)}`;

const membersOf = (...groups: readonly string[]) =>
  PEOPLE.map(({ uid }) => uid).filter((uid) =>
    GROUPS.some(({ name, members }) => groups.includes(name) && members.includes(uid)),
  );

/** Whom each app lets in. */
export const IN: Readonly<Record<string, readonly string[]>> = {
  wiki: membersOf('wayk-users'),
  vault: membersOf('Finance'),
  hosts: membersOf('Engineering'),
  intranet: membersOf('wayk-users', 'VPN (Full Tunnel)'),
  backup: PEOPLE.map(({ uid }) => uid),
};
export const NAMES = Object.keys(IN);

export const passwordOf = (uid: string) => PEOPLE.find((person) => person.uid === uid)!.password;

/** A member's name in an app, as its face has it. */
export function memberDN(app: string, uid: string): string {
  if (app !== 'intranet') return `uid=${uid},ou=Users,${baseOf(app)}`;
  return `${uid}@${app}.example.com`;
}

/** By name; `ports`: of the apps that have ports of their own. */
export function fiveApps(ports: Readonly<Record<string, number>>): Record<string, Settings> {
  const own = (name: string) => (ports[name] === undefined ? {} : { listen: { ldap: `127.0.0.1:${ports[name]}` } });
  const app = (name: string, who: Settings, { local = {}, ...more }: Settings = {}): Settings => ({
    name,
    ...who,
    ...own(name),
    local: { baseDN: baseOf(name), search: { users: 'all' }, ...(local as Settings) },
    serviceAccounts: [{ dn: accountOf(name), password: accountPassword(name) }],
    ...more,
  });
  return {
    wiki: app('wiki', { groups: ['wayk-users'] }),
    vault: app('vault', { groups: ['Finance'] }, { attributes: { displayName: '{sn}, {givenName}', title: false } }),
    hosts: app(
      'hosts',
      { groups: ['Engineering'] },
      { local: { face: 'posix', groupClasses: ['groupOfNames', 'posixGroup'] } },
    ),
    intranet: app(
      'intranet',
      { groups: ['wayk-users', 'VPN (Full Tunnel)'] },
      { local: { face: 'activedirectory' }, hiddenAttributes: ['title'] },
    ),
    backup: app('backup', { everyone: true }),
  };
}
