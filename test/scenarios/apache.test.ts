// Apache httpd with mod_authnz_ldap: login, groups by compare, StartTLS.
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { startDaemon } from '../support/daemon.js';
import { freePort } from '../support/ports.js';
import { BASE, USERS } from '../support/proxy.js';
import { GROUP, LOGINS, SERVICE, type Site, startSite, without } from '../support/site.js';

const HTTPD = '/usr/sbin/apache2';
const MODULES = '/usr/lib/apache2/modules';

const isRoot = process.getuid?.() === 0;

function configuration(site: Site, folder: string, port: number): string {
  const load = (name: string) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`;
  const place = (
    path: string,
    require: string,
    url = `ldap://${site.host}:${site.port}/${USERS}?uid?sub?(objectClass=inetOrgPerson)`,
    tls = '',
  ) => `
<Location ${path}>
  AuthType Basic
  AuthName "test"
  AuthBasicProvider ldap
  AuthLDAPURL "${url}" ${tls}
  AuthLDAPBindDN "${SERVICE.dn}"
  AuthLDAPBindPassword "${SERVICE.password}"
  Require ${require}
</Location>`;
  return `
ServerRoot ${folder}
ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${join(folder, 'httpd.pid')}
DefaultRuntimeDir ${folder}
ErrorLog ${join(folder, 'error.log')}
DocumentRoot ${join(folder, 'htdocs')}
${['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'auth_basic', 'ldap', 'authnz_ldap'].map(load).join('\n')}
${isRoot ? 'User www-data\nGroup www-data' : ''}
LDAPTrustedGlobalCert CA_BASE64 ${site.caFile}
LDAPSharedCacheSize 0
LDAPCacheTTL 0
LDAPOpCacheTTL 0
<Directory />
  Require all granted
</Directory>
${place('/valid', 'valid-user')}
${place('/group', `ldap-group ${GROUP}`)}
${place('/other', `ldap-group cn=Finance,ou=Groups,${BASE}`)}
${place('/engineering', `ldap-filter memberOf=cn=Engineering,ou=Groups,${BASE}`)}
${place('/tls', 'valid-user', undefined, 'STARTTLS')}
${place('/mail', 'valid-user', `ldap://${site.host}:${site.port}/${BASE}?mail?sub`)}
`;
}

t.test(
  'Apache httpd logs people in as OpenLDAP would',
  { skip: without(HTTPD, `${MODULES}/mod_authnz_ldap.so`) },
  async (t) => {
    const site = await startSite(t);
    const folder = join(site.folder, 'httpd');
    mkdirSync(join(folder, 'htdocs'), { recursive: true });
    for (const each of [site.folder, folder, join(folder, 'htdocs')]) chmodSync(each, 0o755);
    chmodSync(site.caFile, 0o644);
    for (const path of ['valid', 'group', 'other', 'engineering', 'tls', 'mail'])
      writeFileSync(join(folder, 'htdocs', path), 'welcome');
    const port = await freePort();
    const file = join(folder, 'httpd.conf');
    writeFileSync(file, configuration(site, folder, port));
    const httpd = startDaemon(t, HTTPD, ['-f', file, '-D', 'FOREGROUND']);
    const ask = async (path: string, uid: string, password: string) => {
      const authorization = `Basic ${Buffer.from(`${uid}:${password}`).toString('base64')}`;
      const response = await fetch(`http://127.0.0.1:${port}/${path}`, { headers: { authorization } });
      await response.text();
      return response.status;
    };
    await httpd.until(async () => (await ask('valid', 'x', 'y').catch(() => 0)) !== 0);
    for (const { what, uid, password, isRight } of LOGINS) {
      const expected = isRight ? 200 : 401;
      t.equal(await ask('valid', uid, password), expected, what);
      t.equal(await ask('group', uid, password), expected, `${what}, group`);
      t.equal(await ask('tls', uid, password), expected, `${what}, StartTLS`);
    }
    t.equal(await ask('other', 'quillon.varrek', 'user-secret-5001'), 401, 'a group that is not in sight');
    t.equal(await ask('engineering', 'quillon.varrek', 'user-secret-5001'), 200, 'by filter');
    t.equal(await ask('engineering', 'tavian.bruskel', 'user-secret-5003'), 401);
    t.equal(await ask('mail', 'quillon.varrek@example.test', 'user-secret-5001'), 200, 'by email address');
    const many = await Promise.all(
      Array.from({ length: 30 }, () => ask('group', 'mirelle.oskand', 'user-secret-5002')),
    );
    t.same(new Set(many), new Set([200]), 'thirty at the same time');
  },
);
