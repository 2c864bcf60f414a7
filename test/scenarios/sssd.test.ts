// SSSD: people, groups and log-ins for a whole machine, by NSS and PAM. It runs in a mount namespace of its own, so that nothing of this machine
// changes.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startDaemon } from '../support/daemon.js';
import { BASE } from '../support/proxy.js';
import { LOGINS, program, SERVICE, type Site, startSite, without } from '../support/site.js';

const PROGRAMS = ['/usr/sbin/sssd', '/usr/share/doc/sssd-ldap/copyright', '/usr/bin/pamtester', '/usr/bin/nsenter'];
const canMount = spawnSync('unshare', ['-m', 'true']).status === 0;

/** The settings of a connection, by its name. */
function waysTo(site: Site): Readonly<Record<string, string>> {
  const clear = `ldap_uri = ldap://${site.host}:${site.port}`;
  const trust = `ldap_tls_cacert = ${site.caFile}\nldap_tls_reqcert = demand`;
  return {
    // Its name says how much SSSD likes a password in clear.
    clear: `${clear}\nldap_auth_disable_tls_never_use_in_production = true`,
    starttls: `${clear}\nldap_id_use_start_tls = true\n${trust}`,
    ldaps: `ldap_uri = ldaps://${site.host}:${site.tlsPort}\n${trust}`,
  };
}

const configuration = (connection: string) => `
[sssd]
services = nss, pam
domains = jumpgate
[domain/jumpgate]
id_provider = ldap
auth_provider = ldap
ldap_schema = rfc2307bis
ldap_search_base = ${BASE}
ldap_default_bind_dn = ${SERVICE.dn}
ldap_default_authtok = ${SERVICE.password}
${connection}
`;

/** Hides the machine's own folders behind empty ones, then becomes SSSD. */
const SCRIPT = `set -e
for folder in /var/log/sssd /etc/sssd /var/lib/sss /etc/pam.d /run; do mount -t tmpfs -o mode=755 none $folder; done
install -m 600 sssd.conf /etc/sssd/sssd.conf
mkdir -p /etc/sssd/conf.d /var/lib/sss/db /var/lib/sss/mc /var/lib/sss/pipes/private /var/lib/sss/pubconf
printf 'auth required pam_sss.so\\naccount required pam_sss.so\\n' >/etc/pam.d/jumpgate
mount --bind nsswitch.conf /etc/nsswitch.conf
exec sssd -i --logger=stderr`;

/** Starts SSSD; the answer runs a program in its namespace. */
async function startSssd(test: Pick<typeof t, 'teardown'>, site: Site, name: string, connection: string) {
  const folder = join(site.folder, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'sssd.conf'), configuration(connection));
  writeFileSync(join(folder, 'nsswitch.conf'), 'passwd: files sss\ngroup: files sss\n');
  const daemon = startDaemon(test, 'unshare', ['-m', '--propagation', 'private', 'sh', '-c', SCRIPT], { cwd: folder });
  const inside = (args: readonly string[], input = '') =>
    program('nsenter', ['-m', '-t', String(daemon.pid), ...args], { input });
  await daemon.until(async () => (await inside(['getent', 'passwd', 'quillon.varrek'])).code === 0);
  return inside;
}

t.test(
  'SSSD: people, groups and log-ins of a machine, in clear, by StartTLS and over ldaps',
  { skip: without(...PROGRAMS) || (canMount ? false : 'no mount namespace can be made here') },
  async (t) => {
    const site = await startSite(t, { groupClasses: ['groupOfNames', 'posixGroup'] });
    for (const [way, connection] of Object.entries(waysTo(site))) {
      const inside = await startSssd(t, site, way, connection);
      const passwd = async (uid: string) => (await inside(['getent', 'passwd', uid])).out;
      for (const { what, uid, password, isRight } of LOGINS) {
        const login = ['pamtester', 'jumpgate', uid, 'authenticate'];
        t.equal((await inside(login, `${password}\n`)).code === 0, isRight, `${way}: ${what}`);
        if (isRight) t.match(await passwd(uid), `:/home/${uid}:/bin/bash`, `${way}: ${uid}`);
      }
      t.equal(await passwd('corvane.thessly'), '', `${way}: a non-member is nobody`);
      const groups = (await inside(['id', '-Gn', 'quillon.varrek'])).out.trim().split(' ');
      t.ok(groups.includes('Engineering') && groups.includes('wayk-users'), `${way}: the groups of somebody`);
      t.notOk(groups.includes('Finance'), `${way}: and none beside`);
      // The members of a group that has none with a comma: getent could not print those.
      const members = (await inside(['getent', 'group', 'Engineering'])).out.trim().replace(/.*:/, '').split(',');
      t.ok(members.includes('quillon.varrek'), `${way}: the members of a group`);
      t.notOk(members.includes('corvane.thessly'), `${way}: and nobody else`);
    }
  },
);
