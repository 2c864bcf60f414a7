// Dovecot: login with its own bind after a search, login by a DN pattern, and who the user is; each in cleartext, by StartTLS and over ldaps.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { startDaemon } from '../support/daemon.js';
import { USERS } from '../support/proxy.js';
import { GROUP, LOGINS, program, SERVICE, type Site, startSite, without } from '../support/site.js';

const DOVECOT = '/usr/sbin/dovecot';
const DOVEADM = '/usr/bin/doveadm';
const LDAP_MODULE = '/usr/lib/dovecot/modules/auth/libauthdb_ldap.so';

const isRoot = process.getuid?.() === 0;
const { username } = userInfo();
/** Without root, every part runs as the current user. */
const AS_ITSELF = `
default_internal_user = ${username}
default_login_user = ${username}
default_internal_group =
service anvil {
  chroot =
}
service stats {
  chroot =
}`;

/** Without the waits behind failed logins, which grow to 15 s. */
const NO_PENALTY = `
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}`;

const configuration = (folder: string) => `
base_dir = ${join(folder, 'run')}
state_dir = ${join(folder, 'state')}
log_path = ${join(folder, 'log')}
auth_username_chars =
auth_failure_delay = 0
auth_mechanisms = plain
protocols =
ssl = no
${isRoot ? '' : AS_ITSELF}${NO_PENALTY}
passdb {
  driver = ldap
  args = ${join(folder, 'ldap.conf')}
}
userdb {
  driver = ldap
  args = ${join(folder, 'ldap.conf')}
}
`;

/** Searches as the service account; the passwords are bound with. */
const lookups = (uri: string, more: string) => `
uris = ${uri}
dn = ${SERVICE.dn}
dnpass = ${SERVICE.password}
auth_bind = yes
base = ${USERS}
pass_filter = (&(objectClass=inetOrgPerson)(uid=%u)(memberOf=${GROUP}))
pass_attrs = uid=user
user_filter = (&(objectClass=inetOrgPerson)(uid=%u))
user_attrs = uidNumber=uid,gidNumber=gid,homeDirectory=home
${more}
`;

/** Starts a Dovecot without a mailbox; the answer asks it as `doveadm` does. */
async function startDovecot(test: Pick<typeof t, 'teardown'>, site: Site, name: string, ldap: string) {
  const folder = join(site.folder, name);
  mkdirSync(folder);
  for (const each of [site.folder, folder]) chmodSync(each, 0o755);
  chmodSync(site.caFile, 0o644);
  const file = join(folder, 'dovecot.conf');
  writeFileSync(file, configuration(folder));
  writeFileSync(join(folder, 'ldap.conf'), ldap);
  const daemon = startDaemon(test, DOVECOT, ['-F', '-c', file]);
  const doveadm = (...args: readonly string[]) => program(DOVEADM, ['-c', file, ...args]);
  await daemon.until(async () => (await doveadm('user', 'quillon.varrek')).code === 0);
  return doveadm;
}

t.test(
  'Dovecot logs people in by search and by DN pattern, in cleartext and by TLS',
  { skip: without(DOVECOT, LDAP_MODULE) },
  async (t) => {
    const site = await startSite(t);
    const clear = `ldap://${site.host}:${site.port}`;
    const trust = `tls_ca_cert_file = ${site.caFile}\ntls_require_cert = demand`;
    const ways = {
      search: lookups(clear, ''),
      pattern: lookups(clear, `auth_bind_userdn = uid=%u,${USERS}`),
      starttls: lookups(clear, `tls = yes\n${trust}`),
      ldaps: lookups(`ldaps://${site.host}:${site.tlsPort}`, trust),
    };
    for (const [way, ldap] of Object.entries(ways)) {
      const doveadm = await startDovecot(t, site, way, ldap);
      for (const { what, uid, password, isRight } of LOGINS) {
        const { out } = await doveadm('auth', 'test', uid, password);
        t.match(out, isRight ? / auth succeeded/ : / auth failed/, `${way}: ${what}`);
      }
      const user = await doveadm('user', 'comma,person');
      t.match(user.out, /^home\t\/home\//m, `${way}: who somebody is`);
      t.not((await doveadm('user', 'corvane.thessly')).code, 0, `${way}: a non-member is nobody`);
      const many = await Promise.all(
        Array.from({ length: 20 }, () => doveadm('auth', 'test', 'mirelle.oskand', 'user-secret-5002')),
      );
      t.same(new Set(many.map(({ code }) => code)), new Set([0]), `${way}: twenty at the same time`);
    }
  },
);
