// Five apps of one configuration file in front of one OpenLDAP server, for the clients that each is meant for.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type t from 'tap';
import { startApp } from '../../src/app.js';
import { loadConfig } from '../../src/config/load.js';
import { makeAuthority } from '../../src/demo/certificate.js';
import { GROUPS, PEOPLE } from '../../src/demo/people.js';
import { directory, likeJumpCloud, OpenLDAP } from '../support/openldap.js';
import { freePort } from '../support/ports.js';
import { eventually } from '../support/proxy.js';
import { SERVICE } from '../support/site.js';

export const GATES = {
  wiki: ['wayk-users'],
  vault: ['VPN (Full Tunnel)'],
  hosts: ['Engineering'],
  intranet: ['wayk-users', 'VPN (Full Tunnel)'],
  backup: ['Finance'],
} as const;
export type AppName = keyof typeof GATES;
export const NAMES = Object.keys(GATES) as AppName[];

export const baseOf = (app: AppName) => `dc=${app},dc=example,dc=com`;
export const accountOf = (app: AppName) => `cn=account,${baseOf(app)}`;
export const secretOf = (app: AppName) => `the secret of ${app}`;

const membersOf = (app: AppName): readonly string[] =>
  GROUPS.filter(({ name }) => (GATES[app] as readonly string[]).includes(name)).flatMap(({ members }) => members);

/** One who gets in, and one who gets in elsewhere alone, with their passwords. */
export function peopleOf(app: AppName) {
  const passwordOf = (uid: string) => PEOPLE.find((person) => person.uid === uid)!.password;
  const named = (uid: string) => ({ uid, password: passwordOf(uid) });
  const elsewhere = NAMES.flatMap(membersOf).find((uid) => !membersOf(app).includes(uid))!;
  return { member: named(membersOf(app)[0]!), other: named(elsewhere), everybody: [...new Set(membersOf(app))].sort() };
}

/** Everybody who is not in an app; the reader is an account of every app. */
export function strangersTo(app: AppName): string[] {
  return PEOPLE.map(({ uid }) => uid).filter((uid) => uid !== 'ldap-reader' && !membersOf(app).includes(uid));
}

interface Places {
  readonly upstream: string;
  readonly caFile: string;
  readonly folder: string;
  readonly ports: Readonly<Record<'hosts' | 'intranet', number>>;
}

const file = ({ upstream, caFile, folder, ports }: Places) => `
upstream:
  urls: [${upstream}]
  caFile: ${caFile}
  orgId: ${directory.orgId}
  reader: { user: ldap-reader, password: ${SERVICE.password} }
listen: { ldap: '127.0.0.1:0' }
local: { search: { users: all } }
binds: { failuresPerAccount: 1000, failuresPerAddress: 10000 }
ops: { http: false }
apps:
${NAMES.map(
  (name) => `  - name: ${name}
    groups: ${JSON.stringify(GATES[name])}
    serviceAccounts: [{ dn: '${accountOf(name)}', password: '${secretOf(name)}' }]
${
  {
    wiki: `    local: { baseDN: '${baseOf(name)}' }`,
    vault: `    local: { baseDN: '${baseOf(name)}' }\n    attributes: { displayName: '{sn}, {givenName}', title: false }`,
    hosts: `    listen: { ldap: '127.0.0.1:${ports.hosts}' }
    local: { baseDN: '${baseOf(name)}', face: posix, groupClasses: [groupOfNames, posixGroup] }`,
    intranet: `    listen: { ldap: '127.0.0.1:${ports.intranet}' }
    local: { baseDN: '${baseOf(name)}', face: activedirectory }`,
    backup: `    listen: { ldapi: { path: ${folder}/backup, mode: '0600', external: '${accountOf(name)}' } }
    local: { baseDN: '${baseOf(name)}' }`,
  }[name]
}`,
).join('\n')}
`;

export interface FiveApps {
  /** `ldapi:` for the app with a socket file. */
  readonly urls: Readonly<Record<AppName, string>>;
  readonly socketFile: string;
  /** For a program's own files. */
  readonly folder: string;
}

/** Where they cannot be started: nothing is tried. */
export const NO_APPS: FiveApps = {
  urls: { wiki: '', vault: '', hosts: '', intranet: '', backup: '' },
  ...{ socketFile: '', folder: '' },
};

/** Starts everything; ends with the test. */
export async function startFiveApps(test: Pick<typeof t, 'teardown'>): Promise<FiveApps> {
  const folder = mkdtempSync(join(tmpdir(), 'jumpgate-apps-'));
  const upstream = await OpenLDAP.start(folder, await makeAuthority(), likeJumpCloud());
  test.teardown(() => upstream.kill());
  const ports = { hosts: await freePort(), intranet: await freePort() };
  const path = join(folder, 'jumpgate.yaml');
  writeFileSync(path, file({ upstream: upstream.url, caFile: upstream.caFile, folder, ports }), { mode: 0o600 });
  const app = await startApp(loadConfig({ file: path, env: {}, flags: {} }), pino({ level: 'silent' }));
  test.teardown(() => app.stop());
  await eventually(() => app.readiness().snapshot.present);
  const shared = app.ldapUrl!;
  const socketFile = join(folder, 'backup');
  const own = (name: 'hosts' | 'intranet') => `ldap://127.0.0.1:${ports[name]}`;
  const backup = `ldapi://${encodeURIComponent(socketFile)}`;
  return {
    urls: { wiki: shared, vault: shared, hosts: own('hosts'), intranet: own('intranet'), backup },
    socketFile,
    folder,
  };
}
