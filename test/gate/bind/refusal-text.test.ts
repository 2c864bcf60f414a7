// What a refusal says in the words of Active Directory: the reason where the configuration asks for it, and nothing else anywhere (R2).
import t from 'tap';
import { StandIn } from '../../../src/demo/stand-in.js';
import { withRefusalText } from '../../../src/gate/bind/refusal-text.js';
import { REASONS } from '../../../src/gate/explain/reasons.js';
import type { Reason } from '../../../src/gate/reason.js';
import { ResultCode } from '../../../src/ldap/result-code.js';
import { Client } from '../../support/client.js';
import { withProxy } from '../../support/proxy.js';

const upstream = await StandIn.start({});
t.teardown(() => upstream.stop());
upstream.setState('mirelle.oskand', { locked: true });
upstream.setState('tavian.bruskel', { passwordExpired: true });

/** Names and passwords that are refused with 49, each with the code that Active Directory has for it. */
const REFUSED: readonly [name: string, password: string, code: string][] = [
  ['quillon.varrek@example.com', 'wrong', '52e'],
  ['nobody.at.all@example.com', 'wrong', '525'],
  ['corvane.thessly@example.com', 'user-secret-5005', '525'],
  ['CN=nobody,OU=Users,DC=example,DC=com', 'wrong', '525'],
  ['EXAMPLE\\mirelle.oskand', 'user-secret-5002', '775'],
  ['EXAMPLE\\tavian.bruskel', 'user-secret-5003', '532'],
  ['CN=ldap-reader,OU=Users,DC=example,DC=com', 'wrong', '52e'],
];
const faced = { face: 'activedirectory', domains: ['example.com', 'EXAMPLE'], names: ['uid'] };

t.test('with tellReasons each refusal has its code in the form that applications take apart', async (t) => {
  await withProxy(upstream, { local: { ...faced, tellReasons: true } }, async ({ url }) => {
    const client = await Client.open(url);
    for (const [name, password, data] of REFUSED) {
      const { code, text } = await client.bind(name, password);
      t.equal(code, 49, name);
      t.equal(
        text,
        `80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data ${data}, v3839`,
        name,
      );
    }
    t.match(await client.bind('quillon.varrek@example.com', 'user-secret-5001'), { code: 0, text: '' });
    client.destroy();
  });
});

t.test('without it all refusals have the same bytes', async (t) => {
  for (const face of ['activedirectory', 'jumpcloud'])
    await withProxy(upstream, { local: { ...faced, face } }, async ({ url }) => {
      const client = await Client.open(url);
      for (const [name, password] of REFUSED) t.match(await client.bind(name, password), { code: 49, text: '' }, name);
      client.destroy();
    });
});

t.test('a refusal that is cached, or shared with an equal bind, says the same as the first one', async (t) => {
  await withProxy(upstream, { local: { ...faced, tellReasons: true } }, async ({ url }) => {
    const client = await Client.open(url);
    const others = await Promise.all(Array.from({ length: 3 }, () => Client.open(url)));
    for (const [name, password, data] of REFUSED) {
      const first = await client.bind(name, password);
      t.match(first.text, `data ${data}, `, name);
      t.same(await client.bind(name, password), first, `${name}, again`);
      const shared = await Promise.all(others.map((other) => other.bind(name, `${password}?`)));
      for (const answer of shared) t.same(answer, shared[0], `${name}, at the same time`);
    }
    for (const each of [client, ...others]) each.destroy();
  });
});

t.test('only an app that gives reasons reveals any, whichever app has asked first', async (t) => {
  const local = { ...faced, baseDN: 'dc=loud,dc=test', tellReasons: true };
  const apps = [
    { name: 'quiet', groups: ['wayk-users'], local: { ...local, baseDN: 'dc=quiet,dc=test', tellReasons: false } },
    { name: 'loud', groups: ['wayk-users'], local },
  ];
  await withProxy(upstream, { apps, local: { baseDN: undefined } }, async ({ url }) => {
    const ask = async (app: string, password: string) => {
      const client = await Client.open(url);
      const { code, text } = await client.bind(`CN=mirelle.oskand,OU=Users,DC=${app},DC=test`, password);
      client.destroy();
      return { code, data: /data \w+/.exec(text)?.[0] };
    };
    for (const password of ['user-secret-5002', 'wrong']) {
      t.same(await ask('quiet', password), { code: 49, data: undefined });
      t.same(await ask('loud', password), { code: 49, data: 'data 775' });
      t.same(await ask('quiet', password), { code: 49, data: undefined });
    }
  });
});

t.test('of several domains on one listener each has its own users, by every form of their names', async (t) => {
  const local = { face: 'activedirectory', domains: undefined, names: ['uid'] };
  const apps = [
    { name: 'corp', groups: ['wayk-users'], local: { ...local, baseDN: 'dc=corp,dc=test', tellReasons: true } },
    { name: 'lab', groups: ['Engineering'], local: { ...local, baseDN: 'dc=lab,dc=test' } },
  ];
  // One who is in the second alone.
  const [uid, password] = ['joreth.pellmar', 'user-secret-5011'];
  await withProxy(upstream, { apps, local: { baseDN: undefined } }, async ({ url }) => {
    const ask = async (name: string, secret = password) => {
      const client = await Client.open(url);
      const { code, text } = await client.bind(name, secret);
      client.destroy();
      return { code, text };
    };
    for (const name of [`${uid}@lab.test`, `LAB\\${uid}`, `lab\\${uid}`, `CN=${uid},OU=Users,DC=lab,DC=test`]) {
      t.match(await ask(name), { code: 0 }, name);
      t.same(await ask(name, 'wrong'), { code: 49, text: '' }, `${name}: lab does not tell`);
    }
    for (const name of [uid, `${uid}@corp.test`, `CORP\\${uid}`])
      t.match(await ask(name), { code: 49, text: /525/ }, name);
    t.match(await ask('quillon.varrek@corp.test', 'user-secret-5001'), { code: 0 });
  });
});

t.test('each reason that a bind is refused for with 49 has a code here, a new one as well', async (t) => {
  const codes: Partial<Record<Reason, string>> = {
    'wrong-password': '52e',
    'unknown-name': '525',
    'not-a-member': '525',
    'ambiguous-name': '525',
    'not-a-user-name': '525',
    'malformed-credentials': '52e',
    'authorization-denied': '52e',
    'password-without-name': '52e',
    'too-many-attempts': '775',
  };
  const refused = (Object.keys(REASONS) as Reason[]).filter((reason) =>
    REASONS[reason].codes.includes(ResultCode.invalidCredentials),
  );
  const answer = { code: ResultCode.invalidCredentials, matchedDN: '', text: '' };
  for (const reason of refused)
    t.match(withRefusalText(answer, reason, undefined).text, `data ${codes[reason] ?? 'of this reason'}, `, reason);
  t.same(Object.keys(codes).sort(), refused.sort());
});
