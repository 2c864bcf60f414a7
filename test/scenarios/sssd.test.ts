// SSSD: people, groups and logins for a whole machine, by NSS and PAM.
import { join } from 'node:path';
import t from 'tap';
import { BASE } from '../support/proxy.js';
import { LOGINS, SERVICE, type Site, startSite } from '../support/site.js';
import { startSssd, withoutSssd } from '../support/sssd.js';

/** The settings of a connection, by its name. */
function waysTo(site: Site): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const clear = { ldap_uri: `ldap://${site.host}:${site.port}` };
  const trust = { ldap_tls_cacert: site.caFile, ldap_tls_reqcert: 'demand' };
  return {
    // Its name says how much SSSD likes a password in cleartext.
    clear: { ...clear, ldap_auth_disable_tls_never_use_in_production: 'true' },
    starttls: { ...clear, ldap_id_use_start_tls: 'true', ...trust },
    ldaps: { ldap_uri: `ldaps://${site.host}:${site.tlsPort}`, ...trust },
  };
}

const DOMAIN = {
  ldap_schema: 'rfc2307bis',
  ldap_search_base: BASE,
  ldap_default_bind_dn: SERVICE.dn,
  ldap_default_authtok: SERVICE.password,
};

t.test(
  'SSSD: people, groups and logins of a machine, in cleartext, by StartTLS and over ldaps',
  { skip: withoutSssd() },
  async (t) => {
    const site = await startSite(t, { groupClasses: ['groupOfNames', 'posixGroup'] });
    for (const [way, connection] of Object.entries(waysTo(site))) {
      const inside = await startSssd(t, join(site.folder, way), { ...DOMAIN, ...connection }, 'quillon.varrek');
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
