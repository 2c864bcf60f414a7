// Small programs that others call: squid's login and group helpers, and curl.
import t from 'tap';
import { BASE, USERS } from '../support/proxy.js';
import { dnOf, LOGINS, MEMBER_COUNT, program, SERVICE, startSite, without } from '../support/site.js';

const SQUID = '/usr/lib/squid';
/** squid percent-encodes what it hands to its helpers. */
const quoted = (text: string) => encodeURIComponent(text);

t.test(
  'squid: login by DN pattern and by search, groups by search',
  { skip: without(`${SQUID}/basic_ldap_auth`) },
  async (t) => {
    const site = await startSite(t);
    const url = `ldap://${site.host}:${site.port}`;
    const service = ['-D', SERVICE.dn, '-w', SERVICE.password];
    const ask = async (helper: string, args: readonly string[], lines: readonly string[]) => {
      const { out } = await program(`${SQUID}/${helper}`, args, {
        input: lines.map((line) => `${line}\n`).join(''),
        env: { LDAPTLS_CACERT: site.caFile },
      });
      return out
        .trim()
        .split('\n')
        .map((line) => line.split(' ')[0] === 'OK');
    };
    // A password of nothing cannot be said to the helper at all: it wants two words.
    const logins = LOGINS.filter(({ password }) => password !== '');
    const lines = logins.map(({ uid, password }) => `${quoted(uid)} ${quoted(password)}`);
    // What is not OK is ERR or BH, as the helper likes.
    const expected = logins.map(({ isRight }) => isRight);
    // The helper puts the name into the pattern as it is: a comma would make another DN of it.
    const plain = logins.map(({ uid }) => !uid.includes(','));
    const byPattern = await ask('basic_ldap_auth', ['-v', '3', '-b', USERS, '-u', 'uid', '-H', url], lines);
    t.same(
      byPattern.filter((_, i) => plain[i]),
      expected.filter((_, i) => plain[i]),
    );
    const bySearch = ['-v', '3', '-b', BASE, ...service, '-f', '(|(uid=%s)(mail=%s))', '-H', url];
    t.same(await ask('basic_ldap_auth', bySearch, lines), expected);
    t.same(
      await ask('basic_ldap_auth', ['-P', ...bySearch], [...lines, ...lines]),
      [...expected, ...expected],
      'on one connection',
    );
    t.same(await ask('basic_ldap_auth', ['-Z', ...bySearch], lines), expected, 'by StartTLS');
    const groups = ['-v', '3', '-b', BASE, ...service, '-B', USERS, '-F', '(uid=%s)', '-H', url];
    const inGroup = '(&(objectClass=groupOfNames)(cn=%g)(member=%u))';
    t.same(
      await ask(
        'ext_ldap_group_acl',
        [...groups, '-f', inGroup],
        [
          'quillon.varrek wayk-users',
          'quillon.varrek Engineering',
          'quillon.varrek Finance',
          'tavian.bruskel Engineering',
          'corvane.thessly Finance',
          'nobody wayk-users',
          `${quoted('comma,person')} wayk-users`,
        ],
      ),
      [true, true, false, false, false, false, true],
    );
  },
);

t.test('curl: ldap:// and ldaps:// URLs', { skip: without('/usr/bin/curl') }, async (t) => {
  const site = await startSite(t);
  const curl = (user: string, password: string, path: string, isSecure = false) =>
    program(
      '/usr/bin/curl',
      [
        ...['-s', '-S', '--cacert', site.caFile, '-u', `${user}:${password}`],
        `${isSecure ? 'ldaps' : 'ldap'}://${site.host}:${isSecure ? site.tlsPort : site.port}/${path}`,
      ],
      { env: { LDAPTLS_CACERT: site.caFile } },
    );
  const all = await curl(SERVICE.dn, SERVICE.password, `${USERS}?uid?sub?(objectClass=inetOrgPerson)`);
  t.equal(all.out.match(/^DN: /gm)?.length, MEMBER_COUNT);
  for (const { what, uid, password, isRight } of LOGINS) {
    const dn = dnOf(uid);
    const own = await curl(dn, password, `${encodeURIComponent(dn)}?uid?base?(objectClass=*)`);
    t.equal(own.code === 0 && /^DN: /m.test(own.out), isRight, what);
  }
  const secure = await curl(
    dnOf('quillon.varrek'),
    'user-secret-5001',
    `${encodeURIComponent(dnOf('quillon.varrek'))}?uid?base`,
    true,
  );
  t.match(secure.out, /uid: quillon\.varrek/);
});
