// PostgreSQL's own LDAP login: by DN pattern and by search, in cleartext and over ldaps.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startDaemon } from '../support/daemon.js';
import { freePort } from '../support/ports.js';
import { USERS } from '../support/proxy.js';
import { LOGINS, program, SERVICE, type Site, startSite, without } from '../support/site.js';

const ROOT = '/usr/lib/postgresql';

/** The folder of the newest version's programs. */
function programs(): string {
  try {
    const newest = readdirSync(ROOT).sort((a, b) => Number(b) - Number(a))[0];
    return join(ROOT, newest ?? 'none', 'bin');
  } catch {
    return join(ROOT, 'none', 'bin');
  }
}

const BIN = programs();
/** PostgreSQL does not run as root: then it is its own user's. */
const asUser =
  process.getuid?.() === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', '--'] : [];

/** One database for each way to log in: the rules follow the database. */
function rules(site: Site): string {
  const at = `ldapserver=${site.host} ldapport=${site.port}`;
  const search = `ldapbasedn="${USERS}" ldapbinddn="${SERVICE.dn}" ldapbindpasswd="${SERVICE.password}"`;
  const from = 'all 127.0.0.1/32 ldap';
  return [
    'local all postgres trust',
    `host simple ${from} ${at} ldapprefix="uid=" ldapsuffix=",${USERS}"`,
    `host search ${from} ${at} ${search} ldapsearchattribute=uid`,
    `host filter ${from} ${at} ${search} ldapsearchfilter="(|(uid=$username)(mail=$username))"`,
    `host starttls ${from} ${at} ldaptls=1 ${search} ldapsearchattribute=uid`,
    `host url ${from} ldapurl="ldaps://${site.host}:${site.tlsPort}/${USERS}?uid?sub" ldapbinddn="${SERVICE.dn}" ldapbindpasswd="${SERVICE.password}"`,
    '',
  ].join('\n');
}

const DATABASES = ['simple', 'search', 'filter', 'starttls', 'url'] as const;

t.test(
  'PostgreSQL logs people in by DN, by search and over TLS',
  { skip: without(join(BIN, 'postgres')) },
  async (t) => {
    const site = await startSite(t);
    const folder = join(site.folder, 'postgresql');
    mkdirSync(folder);
    for (const each of [site.folder, folder]) chmodSync(each, 0o777);
    chmodSync(site.caFile, 0o644);
    const cluster = join(folder, 'cluster');
    const [first = '', ...rest] = [
      ...asUser,
      join(BIN, 'initdb'),
      '-D',
      cluster,
      '-U',
      'postgres',
      '-A',
      'trust',
      '--no-sync',
      '-E',
      'UTF8',
      '--locale=C.UTF-8',
    ];
    const made = spawnSync(first, rest, { encoding: 'utf8', cwd: '/' });
    t.equal(made.status, 0, made.stderr);
    const port = await freePort();
    // The rules may be written by the server's user alone: it copies them.
    writeFileSync(join(folder, 'rules'), rules(site), { mode: 0o644 });
    const settings = [
      `port=${port}`,
      `unix_socket_directories=${folder}`,
      'listen_addresses=127.0.0.1',
      'fsync=off',
      `hba_file=${join(folder, 'rules')}`,
    ];
    const [server = '', ...args] = [
      ...asUser,
      join(BIN, 'postgres'),
      '-D',
      cluster,
      ...settings.flatMap((one) => ['-c', one]),
    ];
    const env = { PATH: process.env.PATH, LDAPTLS_CACERT: site.caFile };
    const postgres = startDaemon(t, server, args, { signal: 'SIGINT', cwd: '/', env });
    const psql = (more: readonly string[], password = '') =>
      program(join(BIN, 'psql'), ['-X', '-w', '-A', '-t', '-p', String(port), ...more], {
        env: { PGPASSWORD: password },
      });
    const admin = (sql: string, database = 'postgres') =>
      psql(['-h', folder, '-U', 'postgres', '-d', database, '-c', sql]);
    await postgres.until(async () => (await admin('select 1')).code === 0);
    for (const database of DATABASES) await admin(`create database ${database}`);
    for (const uid of new Set(LOGINS.map((login) => login.uid))) await admin(`create role "${uid}" login`);
    await admin('create role "quillon.varrek@example.test" login');
    const logIn = async (database: string, user: string, password: string) =>
      (await psql(['-h', '127.0.0.1', '-U', user, '-d', database, '-c', 'select current_user'], password)).code === 0;
    for (const database of DATABASES) {
      for (const { what, uid, password, isRight } of LOGINS) {
        // The name goes into the pattern as it is: a comma would make another DN of it.
        if (database === 'simple' && uid.includes(',')) continue;
        t.equal(await logIn(database, uid, password), isRight, `${database}: ${what}`);
      }
    }
    t.ok(await logIn('filter', 'quillon.varrek@example.test', 'user-secret-5001'), 'by email address');
  },
);
