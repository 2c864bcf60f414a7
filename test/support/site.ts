// A site for real programs: OpenLDAP as upstream, the proxy in front of it, and the logins that each program has to get right.
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type t from 'tap';
import { type App, startApp } from '../../src/app.js';
import { loadConfig } from '../../src/config/load.js';
import { makeAuthority } from '../../src/demo/certificate.js';
import { directory, likeJumpCloud, OpenLDAP, withoutOpenLDAP } from './openldap.js';
import { BASE, eventually, USERS } from './proxy.js';

export const GROUP = `cn=wayk-users,ou=Groups,${BASE}`;
export const SERVICE = { dn: `uid=ldap-reader,${USERS}`, password: 'reader-secret-5000' };

export interface Login {
  readonly what: string;
  /** As somebody types it. */
  readonly uid: string;
  readonly password: string;
  readonly isRight: boolean;
}

const COMMA = { uid: 'comma,person', cn: 'Comma Person', password: 'user-secret-comma' };
const ACCENTS = { uid: 'zoë.łukasz', cn: 'Zoë Łukasz', password: 'pässwörd-漢字' };
const LONG = { uid: 'long.password', cn: 'Long Password', password: 'x'.repeat(100) };

/** What every program is asked. */
export const LOGINS: readonly Login[] = [
  { what: 'the right password', uid: 'quillon.varrek', password: 'user-secret-5001', isRight: true },
  { what: 'a wrong password', uid: 'quillon.varrek', password: 'wrong', isRight: false },
  { what: 'a non-member', uid: 'corvane.thessly', password: 'user-secret-5005', isRight: false },
  { what: 'an empty password', uid: 'quillon.varrek', password: '', isRight: false },
  { what: 'an unknown user', uid: 'nobody.at.all', password: 'x', isRight: false },
  { what: 'a comma in the name', uid: COMMA.uid, password: COMMA.password, isRight: true },
  { what: 'a comma in the name and a wrong password', uid: COMMA.uid, password: 'wrong', isRight: false },
  { what: 'name and password beyond ASCII', uid: ACCENTS.uid, password: ACCENTS.password, isRight: true },
  { what: 'a hundred characters', uid: LONG.uid, password: LONG.password, isRight: true },
  { what: 'one character too few', uid: LONG.uid, password: LONG.password.slice(1), isRight: false },
];
/** Beside the invented ones: names and passwords that programs get wrong. */
export const ODD_PEOPLE = [COMMA, ACCENTS, LONG];

/** The nine of the group and the three that are added. */
export const MEMBER_COUNT = 12;

/** The local name of a uid, its comma escaped. */
export const dnOf = (uid: string) => `uid=${uid.replaceAll(',', '\\,')},${USERS}`;

/** False, or why the tests of a program are skipped. */
export function without(...files: readonly string[]): false | string {
  if (withoutOpenLDAP !== false) return withoutOpenLDAP;
  const missing = files.find((file) => spawnSync('test', ['-e', file]).status !== 0);
  return missing === undefined ? false : `${missing} is not installed here`;
}

export interface Site {
  readonly app: App;
  readonly host: string;
  readonly port: number;
  readonly tlsPort: number;
  /** Of the proxy's certificate. */
  readonly caFile: string;
  /** For the program's own files; everybody may enter it. */
  readonly folder: string;
}

/** Starts everything; ends with the test. `local`: settings of that block beside the base DN. */
export async function startSite(
  test: Pick<typeof t, 'teardown'>,
  local: Readonly<Record<string, unknown>> = {},
): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'jumpgate-site-'));
  const authority = await makeAuthority();
  const upstream = await OpenLDAP.start(folder, authority, likeJumpCloud(ODD_PEOPLE));
  test.teardown(() => upstream.kill());
  const { certPem, keyPem } = await authority.issue(['localhost', '127.0.0.1']);
  const tls = { certFile: join(folder, 'own-cert.pem'), keyFile: join(folder, 'own-key.pem') };
  writeFileSync(tls.certFile, certPem);
  writeFileSync(tls.keyFile, keyPem, { mode: 0o600 });
  const flags = {
    listen: { ldap: '127.0.0.1:0', ldaps: '127.0.0.1:0', tls },
    upstream: {
      urls: [upstream.url],
      caFile: upstream.caFile,
      orgId: directory.orgId,
      reader: { user: 'ldap-reader', password: SERVICE.password },
    },
    local: { baseDN: BASE, ...local },
    binds: { failuresPerAccount: 1000, failuresPerAddress: 10_000 },
    ops: { http: false },
  };
  const app = await startApp(loadConfig({ env: {}, flags }), pino({ level: 'silent' }));
  test.teardown(() => app.stop());
  await eventually(() => app.readiness().snapshot.present);
  const portOf = (url: string | undefined) => Number(new URL(url ?? '').port);
  return {
    app,
    host: '127.0.0.1',
    port: portOf(app.ldapUrl),
    tlsPort: portOf(app.ldapsUrl),
    caFile: upstream.caFile,
    folder,
  };
}

export interface Output {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a program to its end, with the given text on its standard input. */
export function program(
  file: string,
  args: readonly string[],
  options: { input?: string; env?: NodeJS.ProcessEnv; cwd?: string } = {},
): Promise<Output> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', ...options.env };
    const child = execFile(file, args, { env, timeout: 30_000, cwd: options.cwd ?? '/' }, (error, out, err) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') resolve({ code, out, err });
      else reject(new Error(`${file}: ${error?.message ?? ''} ${err}`));
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input ?? '');
  });
}
