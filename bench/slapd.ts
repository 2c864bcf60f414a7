// OpenLDAP's slapd as the upstream, and as the proxies that Jumpgate is compared with.
import type { ChildProcess } from 'node:child_process';
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeAuthority } from '../src/demo/certificate.js';
import { SCHEMA } from '../test/support/openldap.js';
import { accepts, freePort } from '../test/support/ports.js';
import { ACCESS, LOCAL_DN, ldif, ORG_DN, READER, upstreamDN } from './people.js';
import { launch, until } from './processes.js';

const SLAPD = '/usr/sbin/slapd';

/** The installed version, e.g. `2.5.13`; undefined where there is none. */
export function slapdVersion(): string | undefined {
  const { error, stderr } = spawnSync(SLAPD, ['-VV'], { encoding: 'utf8' });
  return error === undefined ? /slapd ([\d.]+)/.exec(stderr)?.[1] : undefined;
}

export interface Upstream {
  readonly child: ChildProcess;
  readonly port: number;
  readonly caFile: string;
}

const common = (folder: string, name: string, modules: readonly string[]) => {
  writeFileSync(join(folder, 'own.schema'), SCHEMA);
  return `${['core', 'cosine', 'inetorgperson', 'nis'].map((schema) => `include /etc/ldap/schema/${schema}.schema`).join('\n')}
include ${join(folder, 'own.schema')}
modulepath /usr/lib/ldap
${modules.map((module) => `moduleload ${module}`).join('\n')}
pidfile ${join(folder, `${name}.pid`)}
# Without this slapd logs every operation to syslog, also with -d 0, which costs it up to as much CPU again.
loglevel 0
sizelimit unlimited
`;
};

/** Loads the invented organisation and serves it over LDAPS only, with a certificate of an authority created for this run. */
export async function startUpstream(folder: string): Promise<Upstream> {
  const authority = await makeAuthority();
  const { certPem, keyPem } = await authority.issue(['localhost', '127.0.0.1']);
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const caFile = write('ca.pem', authority.caPem);
  mkdirSync(join(folder, 'upstream'));
  const conf = write(
    'upstream.conf',
    `${common(folder, 'upstream', ['back_mdb'])}
TLSCertificateFile ${write('cert.pem', certPem)}
TLSCertificateKeyFile ${write('key.pem', keyPem)}
database mdb
suffix "dc=jumpcloud,dc=com"
directory ${join(folder, 'upstream')}
maxsize 268435456
index objectClass,uid,mail,memberOf,member,memberUid,cn eq
${ACCESS}
`,
  );
  const loaded = spawnSync('/usr/sbin/slapadd', ['-q', '-f', conf, '-b', 'dc=jumpcloud,dc=com'], {
    input: ldif(),
    encoding: 'utf8',
  });
  if (loaded.status !== 0) throw new Error(`slapadd: ${loaded.stderr}`);
  const port = await freePort();
  const child = launch(SLAPD, ['-f', conf, '-d', '0', '-h', `ldaps://127.0.0.1:${port}`]);
  await until('the upstream', child, () => accepts(port), 'does not listen', 20_000);
  return { child, port, caFile };
}

/** `back-ldap` writes no log, `back-ldap-logging` a line for each operation and its result, as Jumpgate does for binds. */
export type PeerKind = 'back-ldap' | 'back-ldap-logging' | 'pcache';

/** slapd's debug level `stats`: one line for each operation, one for its result. */
const STATS = '256';

/**
 * Writes a proxy's configuration: names massaged by rwm, LDAPS with verification to `upstreamPort`. Without `flags=override` back-ldap opens
 * an upstream connection, TLS and all, for each bind; with it, binds travel on pooled connections and searches as the reader. There is no
 * group restriction: back-ldap forwards binds without checking access rules of its own.
 */
export function configurePeer(kind: PeerKind, folder: string, upstreamPort: number, caFile: string): string {
  const name = `${kind}-${upstreamPort}`;
  const cache = join(folder, name);
  const isCaching = kind === 'pcache';
  const modules = ['back_ldap', 'rwm', ...(isCaching ? ['back_mdb', 'pcache'] : [])];
  const file = join(folder, `${name}.conf`);
  const trust = `tls_cacert=${caFile} tls_reqcert=demand`;
  if (isCaching) mkdirSync(cache, { recursive: true });
  writeFileSync(
    file,
    // By address: OpenLDAP's library replaces `localhost` with the machine's own name, which is not in the certificate.
    `${common(folder, name, modules)}
database ldap
suffix "${LOCAL_DN}"
rootdn "cn=nobody,${LOCAL_DN}"
uri ldaps://127.0.0.1:${upstreamPort}
tls ldaps ${trust}
idassert-bind bindmethod=simple binddn="${upstreamDN(READER.uid)}" credentials=${READER.password} mode=none flags=override ${trust}
idassert-authzFrom "*"
chase-referrals no
overlay rwm
rwm-suffixmassage "${LOCAL_DN}" "${ORG_DN}"
${isCaching ? pcache(cache) : ''}`,
  );
  return file;
}

/** Searches are cached. Binds are not: measured with pcacheBind, each bind costs one more search and is still forwarded. */
const pcache = (directory: string) => `overlay pcache
pcache mdb 100000 1 5000 100
directory ${directory}
dbnosync
maxsize 268435456
index objectClass,uid,memberOf,pcacheQueryid eq
pcacheAttrset 0 *
pcacheTemplate (uid=) 0 3600
pcacheTemplate (memberOf=) 0 3600
`;

/** Starts a proxy with its configuration file; returns before it listens. `log`: the file that it logs to; undefined: it logs nothing. */
export function launchPeer(file: string, port: number, log: string | undefined): ChildProcess {
  const level = log === undefined ? '0' : STATS;
  return launch(SLAPD, ['-f', file, '-d', level, '-h', `ldap://127.0.0.1:${port}`], { stderr: log });
}
