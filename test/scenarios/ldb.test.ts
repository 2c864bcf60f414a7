// Samba's ldb tools, which speak TLS by GnuTLS: with TLS 1.3 they wait for ever behind a session ticket.
import t from 'tap';
import { BASE } from '../support/proxy.js';
import { dnOf, LOGINS, MEMBER_COUNT, program, SERVICE, startSite, without } from '../support/site.js';

t.test(
  'ldbsearch: binds and searches, plain, over TLS 1.2 and over TLS 1.3',
  { skip: without('/usr/bin/ldbsearch') },
  async (t) => {
    const site = await startSite(t);
    const ask = (url: string, dn: string, password: string, ...more: string[]) =>
      program('/usr/bin/ldbsearch', [
        ...['-H', url, `--simple-bind-dn=${dn}`, `--password=${password}`, '-b', BASE],
        ...[`--option=tls ca file=${site.caFile}`, '--option=tls verify peer=ca_and_name'],
        ...[...more, '(uid=*)', 'cn'],
      ]);
    for (const [way, ...args] of [
      ['plain', `ldap://${site.host}:${site.port}`],
      ['TLS 1.3', `ldaps://localhost:${site.tlsPort}`],
      ['TLS 1.2', `ldaps://localhost:${site.tlsPort}`, '--option=tls priority=NORMAL:-VERS-TLS1.3'],
    ] as const) {
      const [url, ...more] = args;
      for (const { what, uid, password, isRight } of LOGINS) {
        // An empty password is an anonymous bind for these tools: they find nothing.
        const { code, out, err } = await ask(url, dnOf(uid), password, ...more);
        if (isRight) t.match(out, /^# 1 entries$/m, `${way}: ${what} ${err}`);
        else if (password !== '') t.match(err, /LDAP error 49/, `${way}: ${what}`);
        else t.notMatch(out, /^dn: uid/m, `${way}: ${what} (${code})`);
      }
      const all = await ask(url, SERVICE.dn, SERVICE.password, ...more);
      t.match(all.out, new RegExp(`^# ${MEMBER_COUNT} entries$`, 'm'), `${way}: the reader ${all.err}`);
    }
  },
);
