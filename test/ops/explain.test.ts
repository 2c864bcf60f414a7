// `explain` against the product: what it says is what a client gets and what the log says; nothing is sent or counted without a password.
import { request } from 'node:http';
import t, { type Test } from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import type { ExplainedResult } from '../../src/gate/explain/explain.js';
import type { BindExplanation } from '../../src/gate/explain/explain-bind.js';
import type { SearchExplanation } from '../../src/gate/explain/explain-search.js';
import { readQuestion } from '../../src/ops/explain/explain-route.js';
import { explanationText } from '../../src/ops/explain/explain-text.js';
import { terminalOf } from '../../src/ops/terminal.js';
import { Client } from '../support/client.js';
import { BASE, eventually, operatorHeaders, startProxy, USERS, userDN } from '../support/proxy.js';

const upstream = await StandIn.start({});
t.teardown(() => upstream.stop());

const PLAIN = terminalOf({}, {});
const PASSWORD = 'user-secret-5001';

interface Asked {
  readonly status: number;
  readonly body: unknown;
}

const site = (t: Test, settings: Record<string, unknown> = {}, wait = true) => siteOf(t, upstream, settings, wait);

async function siteOf(t: Test, standIn: StandIn, settings: Record<string, unknown> = {}, wait = true) {
  const proxy = await startProxy(standIn, { ops: { http: '127.0.0.1:0' }, ...settings }, wait);
  t.teardown(() => proxy.stop());
  const post = (body: string, more: Record<string, string> = {}): Promise<Asked> =>
    new Promise((resolve, reject) => {
      const headers = { ...operatorHeaders(proxy.app), ...more };
      const asked = request(`${proxy.app.opsUrl}/explain`, { method: 'POST', headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) as unknown }));
      });
      asked.on('error', reject);
      asked.end(body);
    });
  const ask = async (question: Record<string, string>): Promise<ExplainedResult> =>
    (await post(JSON.stringify(question))).body as ExplainedResult;
  const bind = async (name: string, password?: string) => {
    const secret = password === undefined ? {} : { password: Buffer.from(password).toString('base64') };
    return (await ask({ kind: 'bind', name, ...secret })) as BindExplanation;
  };
  const search = async (filter: string, more: Record<string, string> = {}) =>
    (await ask({ kind: 'search', filter, ...more })) as SearchExplanation;
  const logged = (message: string) =>
    proxy.log.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ msg }) => msg === message);
  return { proxy, post, bind, search, logged };
}

t.test('a member without a password: every step up to the one that needs it, and nothing goes upstream', async (t) => {
  const { bind, logged } = await site(t);
  const before = upstream.counters.binds;
  for (const name of ['quillon.varrek', 'quillon.varrek@example.test', userDN('QUILLON.varrek')]) {
    const explanation = await bind(name);
    t.match(explanation, {
      account: 'quillon.varrek',
      steps: [
        { name: 'resolveName', decision: 'uid quillon.varrek' },
        { name: 'admit', decision: 'a member according to the snapshot' },
      ],
      next: /would be sent upstream as uid=quillon\.varrek,ou=Users,o=/,
      sight: { entries: 7 },
    });
    t.equal(explanation.steps.length, 2);
    t.equal(explanation.answer, undefined);
  }
  t.equal(upstream.counters.binds, before);
  t.same(logged('explain'), []);
  const service = await bind(userDN('ldap-reader'));
  t.match(service, { account: userDN('ldap-reader'), next: /compared here/, sight: { entries: 16 } });
});

t.test('every refusal has the code and the reason that the client and the log have', async (t) => {
  const { proxy, bind, logged } = await site(t);
  const client = await Client.open(proxy.url);
  t.teardown(() => client.destroy());
  const rows: [name: string, password: string, reason: string][] = [
    [userDN('quillon.varrek'), PASSWORD, 'ok'],
    [userDN('mirelle.oskand'), 'wrong', 'wrong-password'],
    [userDN('philo.estrande'), 'user-secret-5014', 'wrong-password'],
    ['corvane.thessly', 'user-secret-5005', 'not-a-member'],
    ['emrick.solvane', 'x', 'not-a-member'],
    ['kessia.nobody', 'x', 'unknown-name'],
    [`cn=wayk-users,ou=Groups,${BASE}`, 'x', 'not-a-user-name'],
    [`ou=Users,${BASE}`, 'x', 'not-a-user-name'],
    ['a=b,,', 'x', 'invalid-name'],
    [userDN('quillon.varrek'), '', 'empty-password'],
    ['', 'x', 'password-without-name'],
    [userDN('ldap-reader'), 'wrong', 'wrong-password'],
  ];
  for (const [name, password, reason] of rows) {
    const { code } = await client.bind(name, password);
    const explained = await bind(name, password);
    t.match(explained, { answer: { code }, why: { reason } }, `${name}: ${reason}`);
    t.equal(logged('bind').at(-1)?.reason, reason, 'and the log says the same');
    t.equal(logged('explain').at(-1)?.reason, reason, 'also of the explanation, whose bind was a real one');
    t.match(explained.why?.remedy, /\.$/);
  }
  t.notMatch(proxy.log.join(''), /user-secret/);
});

t.test('a DN that does not name a user is named beside the form that is expected', async (t) => {
  const { bind } = await site(t);
  const { why } = await bind('cn=ada,dc=elsewhere', 'x');
  t.equal(why?.reason, 'not-a-user-name');
  t.match(why?.remedy, `it sent cn=ada,dc=elsewhere, expected is ${userDN('NAME')} (local.users and local.baseDN)`);
  const text = explanationText(await bind('cn=ada,dc=elsewhere'), PLAIN);
  t.match(text, /→ .*it sent cn=ada,dc=elsewhere, expected is uid=NAME,/);
});

t.test(
  'without a password refusals that need none are reported, and cached verdicts and counts stay as they are',
  async (t) => {
    const { proxy, bind } = await site(t, { binds: { failuresPerAccount: 2 } });
    t.match(await bind('corvane.thessly'), {
      answer: { code: 49 },
      why: { reason: 'not-a-member', remedy: /wayk-users/ },
    });
    t.match(await bind('nobody'), { why: { reason: 'unknown-name', remedy: /Users › nobody/ } });
    t.match(await bind(userDN('nobody')), { why: { remedy: /Users › nobody ›/ } });
    for (let i = 0; i < 20; i++)
      t.ok((await bind('tavian.bruskel')).next !== undefined, 'twenty questions count for nothing');
    const client = await Client.open(proxy.url);
    t.teardown(() => client.destroy());
    for (const wrong of ['a', 'b', 'c']) await client.bind('tavian.bruskel', wrong);
    t.match(await bind('tavian.bruskel'), { why: { reason: 'too-many-attempts', remedy: /purge tavian\.bruskel/ } });
  },
);

t.test('by a copy that is old the upstream is asked who is a member, without a password as with one', async (t) => {
  const { bind } = await site(t, { directory: { refresh: '1s', membershipAge: '1s' } });
  t.match(await bind('quillon.varrek'), { next: /sent upstream/ });
  upstream.fault = 'unavailable';
  t.teardown(() => {
    upstream.fault = 'none';
  });
  await eventually(async () => (await bind('quillon.varrek')).why?.reason === 'upstream-unreachable');
  const { steps, answer } = await bind('quillon.varrek');
  t.match(answer, { code: 52 });
  t.match(steps[1], { name: 'admit', decision: /old: the upstream is asked/ });
});

t.test('an upstream that cannot be read is reported with its error and the remedy of that', async (t) => {
  const { bind, search, proxy } = await site(t, { group: { name: 'wayk-user' } }, false);
  let said = await bind('quillon.varrek');
  while (said.readFault === undefined) said = await bind('quillon.varrek');
  t.match(said, {
    answer: { code: 52 },
    why: { reason: 'no-snapshot' },
    readFault: { message: /no group wayk-user/, remedy: /User Groups › wayk-user/ },
  });
  t.equal(proxy.app.readiness().ready, false);
  t.match(await search('(uid=*)'), {
    answer: { code: 52 },
    why: { reason: 'no-snapshot' },
    readFault: { remedy: /./ },
  });
  t.match(await search('(uid=*)', { as: 'quillon.varrek' }), { fault: { message: /no-snapshot/ } });
});

t.test('a filter: understood, answered by an index, and each part told of the entry that was expected', async (t) => {
  const { search } = await site(t);
  const explained = await search('(&(objectClass=user)(|(sAMAccountName=quillon*)(uid=quillon.varrek))(cn=x))', {
    entry: 'quillon.varrek',
  });
  t.match(explained, {
    as: userDN('ldap-reader'),
    base: BASE,
    answer: { code: 0 },
    // No class has this name, so that no entry has to be looked at; nor has one for the other part.
    index: ['cn'],
    candidates: 0,
    inSight: 16,
    matched: { entries: 0 },
    expected: { dn: userDN('quillon.varrek'), verdict: 'not matched' },
  });
  t.same(
    explained.parts.map(({ depth, truth, undefined: why }) => [depth, truth, why !== undefined]),
    [
      [0, 'FALSE', false],
      [1, 'Undefined', true],
      [1, 'TRUE', false],
      [2, 'Undefined', true],
      [2, 'TRUE', false],
      [1, 'FALSE', false],
    ],
  );
  t.notMatch(JSON.stringify(explained), /Quillon Varrek/, 'a port tells no values of entries');
  t.match(await search('(uid=q*)'), { matched: { entries: 1, names: [userDN('quillon.varrek')] } });
  t.equal((await search('(uid=q*)')).index, undefined);
});

t.test('an entry that is not found: outside the base, out of sight, or not in the mirror and why', async (t) => {
  const { search } = await site(t);
  const verdict = async (filter: string, more: Record<string, string>) => (await search(filter, more)).expected;
  const svenja = 'svenja.ulmarik';
  t.match(await verdict('(uid=*)', { entry: svenja }), { dn: userDN(svenja), verdict: 'found' });
  t.match(await verdict('(uid=*)', { entry: userDN(svenja) }), { verdict: 'found' });
  t.match(await verdict('(uid=*)', { entry: `uid=${svenja}` }), { verdict: 'found' });
  t.match(await verdict('(cn=*)', { entry: 'cn=Engineering' }), { verdict: 'found' });
  const outside = await search('(uid=*)', { entry: svenja, base: `ou=Groups,${BASE}` });
  t.match(outside, { expected: { verdict: 'outside the base' }, answer: { code: 0 } });
  const lost = await search('(uid=*)', { entry: svenja, base: `ou=People,${BASE}` });
  t.match(lost, { answer: { code: 32 }, why: { reason: 'not-found' } });
  t.match(await search('(uid=*)', { base: 'no name' }), { answer: { code: 34 }, why: { reason: 'invalid-name' } });
  t.match(await verdict('(uid=*)', { entry: svenja, as: 'quillon.varrek' }), { verdict: 'not in sight' });
  t.match(await verdict('(uid=*)', { entry: svenja, as: 'anonymous' }), { verdict: 'not in sight' });
  for (const entry of ['corvane.thessly', 'uid=corvane.thessly', userDN('corvane.thessly')])
    t.match(
      await verdict('(uid=*)', { entry }),
      { verdict: 'not in the mirror', why: { why: { reason: 'not-a-member' } } },
      entry,
    );
  t.match(await verdict('(uid=*)', { entry: 'nobody' }), { why: { why: { reason: 'unknown-name' } } });
});

t.test('searches and compares that lead nowhere have one reason in the log and in the explanation', async (t) => {
  const { proxy, search, logged } = await site(t);
  const client = await Client.open(proxy.url);
  t.teardown(() => client.destroy());
  await client.bind(userDN('ldap-reader'), upstream.reader.password);
  for (const [base, code, reason] of [
    ['no name', 34, 'invalid-name'],
    [`ou=People,${BASE}`, 32, 'not-found'],
    [BASE, 0, 'ok'],
  ] as const) {
    t.equal((await client.search({ base, filter: '(uid=*)' })).result.code, code);
    t.match(logged('search').at(-1), { 'ldap.code': code, reason }, base);
    t.match(await search('(uid=*)', { base }), { answer: { code }, why: { reason } }, base);
  }
  const compared = { kind: 'compareRequest', attribute: 'uid', value: Buffer.from('x') } as const;
  await client.result({ ...compared, entry: 'no name' });
  t.match(logged('compare').at(-1), { 'ldap.code': 34, reason: 'invalid-name' });
});

t.test('whose eyes: a user sees itself and its groups, anonymous nothing; who cannot log in has no eyes', async (t) => {
  const { search } = await site(t);
  t.match(await search('(uid=*)', { as: userDN('quillon.varrek') }), {
    as: userDN('quillon.varrek'),
    inSight: 7,
    matched: { entries: 1 },
  });
  t.match(await search('(uid=*)', { as: 'anonymous' }), {
    as: 'anonymous',
    answer: { code: 32 },
    matched: { entries: 0 },
  });
  t.match(await search('(uid=*)', { as: 'corvane.thessly' }), { fault: { message: /not a member/ } });
  t.match(await search('(uid=*)', { as: USERS }), { fault: { message: /not-a-user-name/ } });
  t.match(await search('(uid=*)', { as: 'a=b,,' }), { fault: { message: /invalid-name/ } });
  t.match(await search('(uid=*'), { fault: { message: /\) is expected/, position: 6 } });
});

t.test('the port is for this machine and for no browser, and for questions that are ones', async (t) => {
  const { proxy, post } = await site(t);
  const question = JSON.stringify({ kind: 'bind', name: 'quillon.varrek' });
  t.equal((await post(question)).status, 200);
  t.equal((await post(question, { origin: 'https://example.org' })).status, 403);
  t.equal((await post(question, { host: 'example.org' })).status, 403);
  t.equal((await fetch(`${proxy.app.opsUrl}/explain`)).status, 405);
  for (const body of [
    '',
    '[]',
    'null',
    '{}',
    '{"kind":"bind"}',
    '{"kind":"bind","name":1}',
    '{"kind":"search"}',
    '{"kind":"x","name":"y"}',
  ])
    t.match(await post(body), { status: 400, body: { error: /./ } }, body);
  t.equal((await post(JSON.stringify({ kind: 'bind', name: 'x'.repeat(70_000) }))).status, 413);
  t.same(readQuestion(Buffer.from('{"kind":"bind","name":"a","password":"AP8="}')), {
    kind: 'bind',
    name: 'a',
    password: Buffer.from([0, 255]),
  });
});

t.test('a question may name its app; one that names none of them gets the names of all', async (t) => {
  const { post, bind, search } = await site(t);
  const question = { kind: 'bind', name: 'quillon.varrek' };
  const plain = await bind('quillon.varrek');
  t.match(await post(JSON.stringify({ ...question, app: 'default' })), { status: 200, body: { answer: plain.answer } });
  t.notOk('app' in plain, 'where apps have no names nothing is said of them');
  for (const kind of [question, { kind: 'search', filter: '(uid=*)' }])
    t.same(await post(JSON.stringify({ ...kind, app: 'wiki\n' })), {
      status: 400,
      body: { error: 'there is no app "wiki\\n"; there is default' },
    });
  t.equal((await search('(uid=quillon.varrek)', { app: 'default' })).answer?.code, 0);
  t.equal((await post(JSON.stringify({ ...question, app: 7 }))).status, 400);
  const named: ExplainedResult = { ...plain, app: 'wiki' };
  t.match(explanationText(named, PLAIN), /^bind quillon\.varrek\n {2}app {12}wiki\n/);
});

t.test('human-readable: outcome, meaning and remedy; client text stays harmless', async (t) => {
  const { bind, search } = await site(t);
  t.match(
    explanationText(await bind('corvane.thessly'), PLAIN),
    /bind corvane\.thessly\n {2}name .*\n {2}membership .*not-a-member.*\n {2}→ 49 invalidCredentials: not-a-member\n[\s\S]*→ Add the user/,
  );
  t.match(
    explanationText(await bind('quillon.varrek'), PLAIN),
    /→ the password would be sent upstream[\s\S]*then sees +7 entries/,
  );
  const text = explanationText(await search('(&(uid=q*)(memberOf=wayk-users))', { entry: 'quillon.varrek' }), PLAIN);
  t.match(
    text,
    /understood +\(& …\) Undefined\n +\(uid=q\*\) TRUE\n +\(memberOf=wayk-users\) Undefined, so it never matches: the value is not a DN/,
  );
  t.match(text, /expected +uid=quillon\.varrek,.*not TRUE of it/);
  t.match(explanationText(await search('(uid=*'), PLAIN), /\(uid=\*\n {13}\^\n/);
  const evil = `\r\n\u001b[31m\u2028${'x'.repeat(400)}`;
  for (const said of [
    await bind(evil),
    await search(`(uid=${evil})`, { entry: evil }),
    await search('(uid=*)', { as: evil }),
  ])
    t.notMatch(explanationText(said, PLAIN), /[\u001b\u2028\r]/);
});

t.test('a name by cn= is looked for upstream, outside of the group as well; the log says the same', async (t) => {
  const { proxy, bind, logged } = await site(t);
  const outsider = `cn=Corvane Thessly,${USERS}`;
  t.match(await bind(outsider), { answer: { code: 49 }, why: { reason: 'not-a-member' } });
  t.match(await bind(`cn=Nobody At All,${USERS}`), { answer: { code: 49 }, why: { reason: 'unknown-name' } });
  const client = await Client.open(proxy.url);
  t.teardown(() => client.destroy());
  t.equal((await client.bind(outsider, 'x')).code, 49);
  t.match(logged('bind'), [{ reason: 'not-a-member' }]);
});

t.test('near names and names of Active Directory have a hint', async (t) => {
  const { bind } = await site(t);
  const remedyOf = async (name: string) => (await bind(name)).why?.remedy ?? '';
  t.match(await remedyOf('quilon.varrek'), /^Did you mean quillon\.varrek\? /);
  t.match(await remedyOf(userDN('quillon.varek')), /^Did you mean quillon\.varrek\? /);
  t.match(
    await remedyOf('EXAMPLE\\quillon.varrek'),
    /^DOMAIN\\user is a form of Active Directory: have the application send quillon\.varrek, or list EXAMPLE in local\.domains\. .*Users › quillon\.varrek ›/,
  );
  t.match(await remedyOf('EXAMPLE\\quilon.varrek'), /list EXAMPLE in local\.domains\. Did you mean quillon\.varrek\?/);
  t.match(await remedyOf('quillon.varrek@corp.local'), /^user@domain is a form of Active Directory/);
  t.match(await remedyOf('somebody@corp.local'), /^Correct the name/);
  t.match(await remedyOf('zzzzzzzzzzzz'), /^Correct the name/);
  t.match(await remedyOf('corvane.thessly'), /^Add the user to the group/, 'and only where a name is wrong');
  const configured = await site(t, { local: { domains: ['EXAMPLE', 'corp.local'] } });
  for (const name of ['EXAMPLE\\quillon.varrek', 'quillon.varrek@corp.local'])
    t.match(await configured.bind(name), { account: 'quillon.varrek', next: /would be sent upstream/ }, name);
});

t.test('an upstream that is down: nothing is said to be sent that was not', async (t) => {
  const own = await StandIn.start({});
  const { proxy, bind, logged } = await siteOf(t, own);
  t.match(await bind('quillon.varrek'), { next: /would be sent upstream/ });
  await own.stop();
  const client = await Client.open(proxy.url);
  t.teardown(() => client.destroy());
  await eventually(async () => (await client.bind(userDN('quillon.varrek'), PASSWORD)).code === 52);
  await eventually(async () => (await bind('quillon.varrek')).why?.reason === 'upstream-unreachable');
  const dry = await bind('quillon.varrek');
  t.match(dry, { answer: { code: 52 }, next: undefined });
  t.equal(dry.next, undefined);
  t.notMatch(JSON.stringify(dry.steps), /sent upstream/);
  await client.bind(userDN('mirelle.oskand'), PASSWORD);
  const last = logged('bind').at(-1);
  t.match(last, { reason: 'upstream-unreachable', steps: [/resolveName/, /admit/, /verify: .*; nothing was sent$/] });
  t.equal((last?.steps as unknown[] | undefined)?.length, 3);
});
