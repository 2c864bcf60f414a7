// Client libraries of PyPI and npm, each set up as its users do: the same logins in cleartext and by TLS.
import t from 'tap';
import { BASE, USERS } from '../support/proxy.js';
import { dnOf, GROUP, LOGINS, SERVICE, type Site, startSite } from '../support/site.js';
import { npmProgram } from './npm.js';
import { need, withoutCommands } from './packages.js';
import { python, pythonFile, withoutPython } from './python.js';

/** The result of each login, for each client and way: 'in', 'out', or an error. */
type Seen = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
type Way = 'clear' | 'starttls' | 'ldaps';

/** What the programs read from their standard input. */
function questions(site: Site, ways: readonly Way[]): string {
  const clear = `ldap://${site.host}:${site.port}`;
  const urls = { clear, starttls: clear, ldaps: `ldaps://${site.host}:${site.tlsPort}` };
  return JSON.stringify({
    urls: Object.fromEntries(ways.map((way) => [way, urls[way]])),
    ca: site.caFile,
    ...{ service: SERVICE.dn, secret: SERVICE.password, base: BASE, users: USERS, group: GROUP },
    logins: LOGINS.map(({ uid, password }) => ({ uid, password, dn: dnOf(uid) })),
  });
}

/** The answer is the last line: what is in front of it are warnings. */
const answer = (text: string) => JSON.parse(text.trim().split('\n').at(-1) ?? '') as Seen;

/** Every client, by every way, has let in exactly who is right. */
function judgeAll(
  t: { same(found: unknown, wanted: unknown): unknown },
  seen: Seen,
  clients: readonly string[],
  ways: readonly Way[],
) {
  const each = Object.fromEntries(
    ways.map((way) => [way, LOGINS.map(({ what, isRight }) => `${what}: ${isRight ? 'in' : 'out'}`)]),
  );
  const named = Object.fromEntries(
    Object.entries(seen).map(([client, byWay]) => [
      client,
      Object.fromEntries(
        Object.entries(byWay).map(([way, all]) => [way, all.map((one, i) => `${LOGINS[i]?.what}: ${one}`)]),
      ),
    ]),
  );
  t.same(named, Object.fromEntries(clients.map((client) => [client, each])));
}

t.test('bonsai, django-auth-ldap and Flask-SimpleLDAP let in who is right', { skip: withoutPython }, async (t) => {
  const site = await startSite(t);
  const ways = ['clear', 'starttls', 'ldaps'] as const;
  const { code, text } = await python([pythonFile('clients.py')], { input: questions(site, ways) });
  t.equal(code, 0, text);
  judgeAll(t, answer(text), ['bonsai', 'django-auth-ldap', 'flask-simpleldap'], ways);
});

t.test(
  'ldapauth-fork, passport-ldapauth and activedirectory2 let in who is right',
  { skip: withoutCommands('npm') },
  async (t) => {
    const clients = await npmProgram('clients.mjs');
    const site = await startSite(t);
    const ways = ['clear', 'ldaps'] as const;
    const input = questions(site, ways);
    const text = await need(process.execPath, [clients], {
      input,
      env: { NODE_OPTIONS: '' },
      timeout: 60_000,
    });
    judgeAll(t, answer(text), ['ldapauth-fork', 'passport-ldapauth', 'activedirectory2'], ways);
  },
);
