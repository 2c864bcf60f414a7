// Clients that know only Active Directory, each set up as for a domain: logins, groups, and how they treat a refusal.
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { startProxy } from '../support/proxy.js';
import { program, without } from '../support/site.js';
import { java, withoutJava } from './java.js';
import { npmProgram } from './npm.js';
import { need, withoutCommands } from './packages.js';
import { python, pythonFile, withoutPython } from './python.js';

const BASE = 'DC=example,DC=com';
const SERVICE = { dn: `CN=svc,CN=Users,${BASE}`, password: 'service-secret-7' };
const LOGINS = [
  { user: 'quillon.varrek', password: 'user-secret-5001' },
  { user: 'quillon.varrek', password: 'wrong' },
  { user: 'nobody.at.all', password: 'wrong' },
  { user: 'corvane.thessly', password: 'user-secret-5005' },
  { user: 'mirelle.oskand', password: 'user-secret-5002' },
  { user: 'tavian.bruskel', password: 'user-secret-5003' },
];
/** Of the first, by their names. */
const GROUPS = ['Engineering', 'wayk-users'];

const upstream = await StandIn.start({});
upstream.setState('mirelle.oskand', { locked: true });
upstream.setState('tavian.bruskel', { passwordExpired: true });
const start = (tellReasons: boolean) =>
  startProxy(upstream, {
    local: { baseDN: BASE, face: 'activedirectory', serviceAccounts: [SERVICE], tellReasons, search: { users: 'all' } },
    binds: { failuresPerAddress: 1000, failuresPerAccount: 1000 },
  });
const [quiet, telling] = [await start(false), await start(true)];
t.teardown(async () => {
  await quiet.stop();
  await telling.stop();
  await upstream.stop();
});
const questions = ({ url }: { readonly url: string }) =>
  JSON.stringify({
    url,
    base: BASE,
    domain: 'example.com',
    service: SERVICE.dn,
    secret: SERVICE.password,
    logins: LOGINS,
  });

t.test('Spring Security’s provider for Active Directory', { skip: withoutJava }, async (t) => {
  const logIn = async ({ url }: { readonly url: string }) => {
    const input = LOGINS.map(({ user, password }) => `${user} ${password}\n`).join('');
    const { text } = await java('SpringDomain.java', [url, 'example.com', BASE], { input });
    return text.split('\n').filter((line) => /^(in|out) /.test(line));
  };
  const bad = 'out BadCredentialsException';
  const right = `in ${GROUPS.join(',')}`;
  t.same(await logIn(quiet), [right, bad, bad, bad, bad, bad]);
  t.same(await logIn(telling), [right, bad, bad, bad, 'out LockedException', 'out CredentialsExpiredException']);
});

t.test('activedirectory2 and passport-ldapauth', { skip: withoutCommands('npm') }, async (t) => {
  const file = await npmProgram('domain.mjs');
  const text = await need(process.execPath, [file], {
    input: questions(quiet),
    env: { NODE_OPTIONS: '' },
    timeout: 60_000,
  });
  t.same(JSON.parse(text.trim().split('\n').at(-1) ?? ''), {
    binds: ['in', 'out', 'out', 'out', 'out', 'out'],
    passport: [GROUPS, 'out', 'out', 'out', 'out', 'out'],
    ...{ found: 'quillon.varrek', principal: 'quillon.varrek', groups: GROUPS },
    ...{ members: 9, isMember: true, isOther: false },
  });
});

t.test('bonsai and python-ldap', { skip: withoutPython }, async (t) => {
  const ask = async (proxy: { readonly url: string }) => {
    const { text } = await python([pythonFile('domain.py')], { input: questions(proxy) });
    return JSON.parse(text.trim().split('\n').at(-1) ?? '') as { readonly reasons: readonly string[] };
  };
  const same = {
    bonsai: [[1, 28, 2], 'out', 'out', 'out', 'out', 'out'],
    ...{ paged: 9, context: BASE },
    ...{ flags: ['normal_account'], sid: /^S-1-5-21(-[0-9]+){4}$/, bySid: true, extended: [/^CN=wayk-users,/] },
  };
  t.match(await ask(quiet), { ...same, reasons: ['', '', '', '', '', ''] });
  // A proxy with no cached refusal yet: a cached refusal does not keep its reason.
  const fresh = await start(true);
  t.teardown(() => fresh.stop());
  const told = await ask(fresh);
  t.match(told, same);
  t.same(
    told.reasons.map((text) => /data ([0-9a-f]+)/.exec(text)?.[1]),
    [undefined, '52e', '525', '525', '775', '532'],
  );
});

const LDAP3 = without('/usr/lib/python3/dist-packages/ldap3/__init__.py');
t.test('ldap3: schema, readers, formatters, pages, and what it cannot do here', { skip: LDAP3 }, async (t) => {
  const text = await need('/usr/bin/python3', [pythonFile('domain_ldap3.py')], { input: questions(quiet) });
  t.match(JSON.parse(text.trim().split('\n').at(-1) ?? ''), {
    bound: true,
    info: { defaultNamingContext: BASE, domainFunctionality: 7 },
    types: [true, true, true],
    classes: [true, true, true],
    user: {
      objectSid: /^S-1-5-21(-[0-9]+){4}$/,
      objectGUID: /^\{[0-9a-f-]{36}\}$/,
      userAccountControl: 512,
      userPrincipalName: 'quillon.varrek@example.com',
    },
    passwordSet: /^2020-01-01 /,
    group: [-2147483646, 9, true, /^S-1-5-21(-[0-9]+){4}$/],
    paged: 9,
    wrong: [false, 49],
    refused: {
      dir_sync: 'unavailableCriticalExtension',
      persistent_search: 'unavailableCriticalExtension',
      modify_password: 'unwillingToPerform',
      unlock_account: 'unwillingToPerform',
      modify: 'unwillingToPerform',
    },
  });
});

t.test('Samba’s ldbsearch', { skip: without('/usr/bin/ldbsearch') }, async (t) => {
  const ask = async (password: string, ...more: string[]) =>
    program('/usr/bin/ldbsearch', [
      ...['-H', quiet.url, `--simple-bind-dn=quillon.varrek@example.com`, `--password=${password}`],
      ...more,
    ]);
  const found = await ask('user-secret-5001', '-b', BASE, '(sAMAccountName=quillon.varrek)', 'objectSid', 'objectGUID');
  t.match(found, { code: 0, out: /objectSid: S-1-5-21-/ }, found.err);
  t.match(found.out, /objectGUID: [0-9a-f]{8}-/);
  const shown = await ask(
    'user-secret-5001',
    '-b',
    BASE,
    '--show-binary',
    '--paged',
    '(sAMAccountName=quillon.varrek)',
  );
  t.match(shown, { code: 0, out: /dn: CN=quillon\.varrek,/ }, shown.err);
  t.match(shown.out, /memberOf: CN=wayk-users,/);
  const extended = await ask('user-secret-5001', '-b', BASE, '--extended-dn', '(sAMAccountName=quillon.varrek)');
  t.match(extended.out + extended.err, /LDAP error 12 /, 'names with identifiers are refused in plain words');
  t.not(extended.code, 0);
  const people = ['-b', `<WKGUID=a9d1ca15768811d1aded00c04fd8d5cd,${BASE}>`, '-s', 'base', '(objectClass=*)', 'dn'];
  t.match(await ask('user-secret-5001', ...people), { code: 0, out: /dn: \w+=Users,/ });
  t.not((await ask('wrong', '-b', BASE, '(cn=*)')).code, 0);
});
