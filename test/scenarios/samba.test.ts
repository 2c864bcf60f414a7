// Samba's ldb tools, which speak LDAP by Samba's own client and TLS by GnuTLS.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { USERS } from '../support/proxy.js';
import { dnOf, LOGINS, MEMBER_COUNT, program, SERVICE, type Site, startSite, without } from '../support/site.js';

const LDBSEARCH = '/usr/bin/ldbsearch';
/** Samba's own options and the way to a server are in its modules, which are a package of their own. */
const MODULES = '/usr/share/doc/samba-dsdb-modules/copyright';

/** Asks as this user; `ways` are the URL and what it needs. */
function ldbsearch(site: Site, ways: readonly string[], dn: string, password: string, what: readonly string[]) {
  const configuration = join(site.folder, 'smb.conf');
  return program(LDBSEARCH, [
    ...['--configfile', configuration, ...ways],
    ...[`--simple-bind-dn=${dn}`, `--password=${password}`],
    ...what,
  ]);
}

t.test('ldbsearch: logins, searches, pages', { skip: without(LDBSEARCH, MODULES) }, async (t) => {
  const site = await startSite(t);
  writeFileSync(join(site.folder, 'smb.conf'), '[global]\n');
  const trust = ['--option=tls verify peer=ca_and_name', `--option=tls cafile=${site.caFile}`];
  const secure = ['-H', `ldaps://localhost:${site.tlsPort}`, ...trust];
  const ways = {
    'in cleartext': ['-H', `ldap://${site.host}:${site.port}`],
    ldaps: secure,
    'ldaps, TLS 1.2': [...secure, '--option=tls priority=NORMAL:-VERS-TLS1.3'],
  };
  for (const [way, args] of Object.entries(ways)) {
    for (const { what, uid, password, isRight } of LOGINS) {
      const dn = dnOf(uid);
      const { code, out, err } = await ldbsearch(site, args, dn, password, ['-b', dn, '-s', 'base', '(uid=*)', 'uid']);
      t.equal(code === 0, isRight, `${way}: ${what} ${err}`);
      t.equal(/^uid:/m.test(out), isRight, `${way}: ${what}, its own entry`);
      // What it makes of no password at all is an anonymous bind with a name, for which the code is another one.
      if (!isRight && password !== '') t.match(err, /LDAP error 49 LDAP_INVALID_CREDENTIALS/);
    }
    const all = ['-b', USERS, '(objectClass=inetOrgPerson)', 'uid'];
    const seen = await ldbsearch(site, args, SERVICE.dn, SERVICE.password, all);
    t.equal(seen.out.match(/^dn:/gm)?.length, MEMBER_COUNT, `${way}: all members`);
    const pages = ['--controls=paged_results:1:5', ...all];
    const paged = await ldbsearch(site, args, SERVICE.dn, SERVICE.password, pages);
    t.equal(paged.out.match(/^dn:/gm)?.length, MEMBER_COUNT, `${way}: page by page`);
  }
});
