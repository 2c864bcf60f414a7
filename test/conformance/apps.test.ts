// Five apps of one file, each with a client that it is meant for: a member gets in, a member of another app alone is nobody, and nothing that a
// client reads is of another app's people.
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import * as ldapts from 'ldapts';
import t from 'tap';
import { Client } from '../support/client.js';
import { program, without } from '../support/site.js';
import { startSssd, withoutSssd } from '../support/sssd.js';
import {
  type AppName,
  accountOf,
  baseOf,
  NAMES,
  NO_APPS,
  peopleOf,
  secretOf,
  startFiveApps,
  strangersTo,
} from './five-apps.js';
import { java, withoutJava } from './java.js';

const skip = without('/usr/bin/ldapsearch');
const { urls, socketFile, folder } = skip === false ? await startFiveApps(t) : NO_APPS;

const dnOf = (app: AppName, uid: string) =>
  app === 'intranet' ? `${uid}@intranet.example.com` : `uid=${uid},ou=Users,${baseOf(app)}`;
const asAccount = (app: AppName) => ['-D', accountOf(app), '-w', secretOf(app)];
const tool = (name: 'ldapsearch' | 'ldapwhoami', app: AppName, args: readonly string[]) =>
  program(`/usr/bin/${name}`, ['-H', urls[app], ...args]);
/** Whether OpenLDAP's tool is let in, and what it says. */
async function whoAmI(app: AppName, uid: string, password: string) {
  const { code, out, err } = await tool('ldapwhoami', app, ['-x', '-D', dnOf(app, uid), '-w', password]);
  return { code, out: out.trim(), err: err.trim() };
}
/** Entries with all that they have, as the tool writes them. */
const everythingOf = (app: AppName, who: readonly string[]) =>
  tool('ldapsearch', app, ['-LLL', '-o', 'ldif-wrap=no', ...who, '-b', baseOf(app), '(objectClass=*)', '*', '+']);

t.test('ldapwhoami and ldapsearch in each app: who gets in, and what is seen (R1, R2, R29)', { skip }, async (t) => {
  for (const app of NAMES) {
    const { member, other, everybody } = peopleOf(app);
    t.match(await whoAmI(app, member.uid, member.password), { code: 0, out: new RegExp(`${member.uid},`) }, app);
    const unknown = await whoAmI(app, 'nobody.at.all', 'x');
    t.match(unknown, { code: 49, out: '', err: /Invalid credentials \(49\)/ }, app);
    t.same(await whoAmI(app, other.uid, other.password), unknown, `${other.uid} is nobody in ${app}`);
    t.same(await whoAmI(app, member.uid, other.password), unknown, `a wrong password in ${app}`);
    const { code, out, err } = await everythingOf(app, ['-x', ...asAccount(app)]);
    t.equal(code, 0, err);
    t.same(
      everybody.filter((uid) => !out.includes(uid)),
      [],
      `all people of ${app}`,
    );
    t.same(
      strangersTo(app).filter((uid) => out.toLowerCase().includes(uid)),
      [],
      `and nobody else in ${app}`,
    );
  }
});

t.test('a refusal is the same bytes for a member of another app and for an invented name (R2)', { skip }, async (t) => {
  for (const app of NAMES) {
    const answer = async (name: string, password: string) => {
      const socket = app === 'backup' ? connect(socketFile) : undefined;
      if (socket !== undefined) await once(socket, 'connect');
      const client = await Client.open(socket ?? urls[app]);
      const { code } = await client.bind(name, password);
      client.destroy();
      return [code, Buffer.concat(client.raw).toString('hex')];
    };
    const { other } = peopleOf(app);
    const refused = await answer(dnOf(app, 'nobody.at.all'), 'x');
    t.equal(refused[0], 49, app);
    t.same(await answer(dnOf(app, other.uid), other.password), refused, `${other.uid} in ${app}`);
  }
});

t.test('the socket file needs no password, and its account is this app’s', { skip }, async (t) => {
  const who = await tool('ldapwhoami', 'backup', ['-Q', '-Y', 'EXTERNAL']);
  t.match(who, { code: 0, out: `dn:${accountOf('backup')}\n` }, who.err);
  const all = await everythingOf('backup', ['-Q', '-Y', 'EXTERNAL']);
  t.equal(all.out, (await everythingOf('backup', ['-x', ...asAccount('backup')])).out);
  t.equal((await tool('ldapwhoami', 'backup', ['-x', ...asAccount('wiki')])).code, 49, 'another app’s account');
});

t.test('ldapts on the port that two apps share: the base says which app it is', { skip }, async (t) => {
  const logIn = async (app: AppName, uid: string, password: string): Promise<string> => {
    const client = new ldapts.Client({ url: urls[app] });
    try {
      await client.bind(accountOf(app), secretOf(app));
      const { searchEntries } = await client.search(baseOf(app), { filter: `(uid=${uid})`, attributes: ['memberOf'] });
      const [found] = searchEntries;
      if (found === undefined) return 'not found';
      await client.bind(found.dn, password);
      return `in: ${[found.memberOf].flat().map(String).join(' ')}`;
    } catch (error) {
      return error instanceof ldapts.InvalidCredentialsError ? 'out' : String(error);
    } finally {
      await client.unbind();
    }
  };
  t.equal(urls.wiki, urls.vault);
  // At the same time: what one client has chosen does not affect the other.
  for (const [one, another] of [
    ['wiki', 'vault'],
    ['vault', 'wiki'],
  ] as const) {
    const { member, other } = peopleOf(one);
    const both = await Promise.all([
      logIn(one, member.uid, member.password),
      logIn(another, peopleOf(another).member.uid, peopleOf(another).member.password),
      logIn(one, member.uid, 'wrong'),
      logIn(one, other.uid, other.password),
    ]);
    t.match(both[0], new RegExp(`^in: .*,${baseOf(one)}$`));
    t.match(both[1], new RegExp(`^in: .*,${baseOf(another)}$`));
    t.same(both.slice(2), ['out', 'not found']);
    t.notMatch(both[0], baseOf(another));
  }
  const { out } = await tool('ldapsearch', 'wiki', [
    ...['-LLL', '-x', ...asAccount('wiki'), '-b', baseOf('vault'), '(objectClass=*)'],
  ]);
  t.equal(out, '', 'a connection that is one app’s sees no other');
});

t.test('SSSD, by memberUid, of the app with POSIX accounts', { skip: withoutSssd() }, async (t) => {
  const { member, other, everybody } = peopleOf('hosts');
  const inside = await startSssd(
    t,
    join(folder, 'sssd'),
    {
      ldap_uri: urls.hosts,
      ldap_schema: 'rfc2307',
      ldap_search_base: baseOf('hosts'),
      ldap_default_bind_dn: accountOf('hosts'),
      ldap_default_authtok: secretOf('hosts'),
      ldap_auth_disable_tls_never_use_in_production: 'true',
    },
    member.uid,
  );
  const logIn = async (uid: string, password: string) =>
    (await inside(['pamtester', 'jumpgate', uid, 'authenticate'], `${password}\n`)).code === 0;
  t.equal(await logIn(member.uid, member.password), true);
  t.equal(await logIn(member.uid, 'wrong'), false);
  t.equal(await logIn(other.uid, other.password), false);
  t.match(await inside(['getent', 'passwd', member.uid]), {
    code: 0,
    out: /^[^:]+:[^:]*:\d+:\d+:[^:]*:\/[^:]+:\/[^:]+\n$/,
  });
  t.match(await inside(['id', member.uid]), { code: 0, out: /\(Engineering\)|\(engineering_unix\)/ });
  t.same((await inside(['getent', 'passwd', ...strangersTo('hosts')])).out, '', 'nobody in another app');
  const group = (await inside(['getent', 'group', 'Engineering', 'engineering_unix'])).out;
  const members = group.trim().split('\n')[0]!.replace(/.*:/, '').split(',').sort();
  t.same(members, everybody, 'the members, and nobody else');
  const others = await inside(['getent', 'group', 'wayk-users', 'VPN (Full Tunnel)', 'Finance', 'finance_unix']);
  t.same(
    strangersTo('hosts').filter((uid) => others.out.includes(uid)),
    [],
    'nor in the groups of other apps',
  );
});

t.test('Spring Security’s provider, of the app for Active Directory', { skip: withoutJava }, async (t) => {
  const { member, other } = peopleOf('intranet');
  const logins = [
    [member.uid, member.password],
    [member.uid, 'wrong'],
    [other.uid, other.password],
  ];
  const input = logins.map((words) => `${words.join(' ')}\n`).join('');
  const { text } = await java('SpringDomain.java', [urls.intranet, 'intranet.example.com', baseOf('intranet')], {
    input,
  });
  const bad = 'out BadCredentialsException';
  const seen = text.split('\n').filter((line) => /^(in|out) /.test(line));
  t.match(seen, [/^in .*wayk-users/, bad, bad]);
  t.notMatch(seen[0], /Finance/);
});
