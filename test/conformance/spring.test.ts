// Spring Security's LDAP login: by a name made of a pattern, or found by a search; with the groups of both kinds of populator.
import t from 'tap';
import { BASE } from '../support/proxy.js';
import { LOGINS, type Login, SERVICE } from '../support/site.js';
import { java, TRUST_PASSWORD, trustStore, withoutJava } from './java.js';
import { groupsOf, startLoginSite } from './login-site.js';
import { judge, SUITES } from './suites.js';

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** What the program is to answer, without the text of an exception. */
function expected({ uid, isRight }: Login): string {
  return isRight ? `in ${groupsOf(uid).join(',')}` : 'out BadCredentialsException';
}

t.test('Spring Security logs people in, and gives them their groups', { skip: withoutJava }, async (t) => {
  const site = await startLoginSite(t);
  const store = await trustStore(site.folder, site.caFile);
  const env = {
    JDK_JAVA_OPTIONS: `-Djavax.net.ssl.trustStore=${store} -Djavax.net.ssl.trustStorePassword=${TRUST_PASSWORD}`,
  };
  const channels = {
    plain: [`ldap://localhost:${site.port}/${BASE}`, 'plain'],
    StartTLS: [`ldap://localhost:${site.port}/${BASE}`, 'StartTLS'],
    ldaps: [`ldaps://localhost:${site.tlsPort}/${BASE}`, 'plain'],
  };
  const logIn = async (channel: readonly string[], how: readonly string[], logins: readonly Login[]) => {
    const { text } = await java('SpringLogin.java', [...channel, ...how, SERVICE.dn, SERVICE.password], {
      env,
      input: logins.map(({ uid, password }) => `${base64(uid)} ${base64(password)}\n`).join(''),
    });
    return text.split('\n').filter((line) => /^(in|out) /.test(line));
  };
  const reported: string[] = [];
  for (const [name, channel] of Object.entries(channels))
    for (const how of [
      ['pattern', 'default'],
      ['search', 'nested'],
    ]) {
      const answers = await logIn(channel, how, LOGINS);
      t.equal(answers.length, LOGINS.length, `${name}, ${how.join(', ')}: every login is answered`);
      for (const [i, login] of LOGINS.entries()) {
        const answer = answers[i] ?? '';
        const said = answer.startsWith('out') ? answer.split(' ').slice(0, 2).join(' ') : answer;
        if (said !== expected(login)) reported.push(`${login.what}, ${name}, ${how.join(', ')}: ${answer}`);
      }
    }
  t.same(judge(SUITES['spring-security'].differences, reported), { unlisted: [], outdated: [] });
  const [gone] = await logIn([`ldap://localhost:9/${BASE}`, 'plain'], ['pattern', 'default'], LOGINS.slice(0, 1));
  t.match(gone, /^out (?!BadCredentials)/, 'nobody is let in where nobody answers');
});
