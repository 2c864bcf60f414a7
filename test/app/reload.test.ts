// A configuration that changes while the product runs: who is connected stays so, and a fault changes nothing.
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { ControlType } from '../../src/gate/search/controls.js';
import { decodePagedResults, encodePagedResults } from '../../src/wire/controls.js';
import { Client, searchRequest } from '../support/client.js';
import { start } from '../support/command.js';
import { BASE, eventually, proxyConfig, startProxy, userDN } from '../support/proxy.js';

const upstream = await StandIn.start();
t.teardown(() => upstream.stop());

const SERVICE = { dn: `cn=app,${BASE}`, password: 'a service account’s' };
const MEMBER = userDN('quillon.varrek');

type Settings = Record<string, unknown>;

function connected(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => resolve(socket)).once('error', reject);
  });
}

/** The same settings as the running proxy's, with some of them different. */
const configWith = (settings: Settings = {}) =>
  proxyConfig(upstream, {
    ...settings,
    local: { serviceAccounts: [SERVICE], ...(settings.local as Settings | undefined) },
  });

t.test(
  'a search between two pages ends with the rules that it was begun by: its next page would show what is hidden now',
  async (t) => {
    const proxy = await startProxy(upstream, { local: { serviceAccounts: [SERVICE] } });
    t.teardown(() => proxy.stop());
    const client = await Client.open(proxy.url);
    await client.bind(SERVICE.dn, SERVICE.password);
    const request = searchRequest({ base: BASE, filter: '(uid=*)', attributes: ['mail'] });
    const page = async (cookie: Buffer) => {
      const value = encodePagedResults({ size: 2, cookie });
      const messages = await client.answered(
        client.send(request, [{ type: ControlType.pagedResults, critical: true, value }]),
      );
      const { op, controls = [] } = messages.at(-1)!;
      return { op, cookie: controls[0] === undefined ? undefined : decodePagedResults(controls[0].value).cookie };
    };
    const { cookie } = await page(Buffer.alloc(0));
    t.match(await proxy.app.reload(configWith({ directory: { hiddenAttributes: ['mail'] } })), { kind: 'changed' });
    t.match((await page(cookie!)).op, { kind: 'searchResultDone', result: { code: 53 } });
    t.match((await page(Buffer.alloc(0))).op, { result: { code: 0 } }, 'and can be begun again');
    client.destroy();
  },
);

t.test('what changes counts for connections that are open, and costs none of them', async (t) => {
  const proxy = await startProxy(upstream, { local: { serviceAccounts: [SERVICE] } });
  t.teardown(() => proxy.stop());
  const user = await Client.open(proxy.url);
  await user.bind(MEMBER, 'user-secret-5001');
  const service = await Client.open(proxy.url);
  await service.bind(SERVICE.dn, SERVICE.password);
  const everybody = { base: BASE, filter: '(uid=*)' };
  t.equal((await user.search(everybody)).entries.length, 1);
  t.equal((await service.search(everybody)).entries.length, 9);

  t.same(await proxy.app.reload(configWith()), { kind: 'unchanged' });
  t.same(await proxy.app.reload(configWith({ local: { search: { users: 'all' } } })), {
    ...{ kind: 'changed', keys: ['local.search.users'], waiting: [] },
  });
  t.equal((await user.search(everybody)).entries.length, 9, 'the user sees everybody now');

  const before = upstream.counters.binds;
  t.same(
    await proxy.app.reload(
      configWith({
        local: { serviceAccounts: [{ ...SERVICE, password: 'another' }] },
        listen: { ldap: '127.0.0.1:1' },
      }),
    ),
    { kind: 'changed', keys: ['listen.ldap', 'local.search.users', 'local.serviceAccounts'], waiting: ['listen.ldap'] },
  );
  t.equal(upstream.counters.binds, before, 'the upstream side was left as it was');
  t.equal((await service.search(everybody)).result.code, 32, 'the old password no longer finds the user');
  t.equal((await service.bind(SERVICE.dn, SERVICE.password)).code, 49);
  t.equal((await service.bind(SERVICE.dn, 'another')).code, 0, 'on the same connection');
  t.equal((await user.search(everybody)).entries.length, 1);

  t.match(await proxy.app.reload(configWith({ group: 'Finance' })), { kind: 'changed' });
  t.equal((await user.search(everybody)).entries.length, 0, 'no member of the new group: sees nothing (R92)');
  t.equal((await user.bind(MEMBER, 'user-secret-5001')).code, 49);
  t.equal((await user.bind(userDN('corvane.thessly'), 'user-secret-5005')).code, 0);
});

t.test(
  'a session of an account that is both: by its password, and by SASL EXTERNAL, each ends with its own',
  async (t) => {
    const path = join(mkdtempSync(join(tmpdir(), 'jumpgate-')), 'ldapi');
    const settings = (password: string, isOffered: boolean) => ({
      listen: { ldapi: { path, ...(isOffered && { external: SERVICE.dn }) } },
      local: { serviceAccounts: [{ ...SERVICE, password }] },
    });
    const proxy = await startProxy(upstream, settings('first', true));
    t.teardown(() => proxy.stop());
    const external = await Client.open(await connected(path));
    const authentication = { method: 'sasl', mechanism: 'EXTERNAL' } as const;
    t.equal((await external.result({ kind: 'bindRequest', version: 3, name: '', authentication })).code, 0);
    const byPassword = await Client.open(proxy.url);
    t.equal((await byPassword.bind(SERVICE.dn, 'first')).code, 0);
    t.teardown(() => [external, byPassword].map((client) => client.destroy()));
    const seen = async (client: Client) => (await client.search({ base: BASE, filter: '(uid=*)' })).entries.length;
    t.same([await seen(external), await seen(byPassword)], [9, 9]);
    await proxy.app.reload(proxyConfig(upstream, settings('second', true)));
    t.same([await seen(external), await seen(byPassword)], [9, 0], 'the password is another one');
    t.equal((await byPassword.bind(SERVICE.dn, 'second')).code, 0);
    await proxy.app.reload(proxyConfig(upstream, settings('second', false)));
    t.same([await seen(external), await seen(byPassword)], [0, 9], 'EXTERNAL is not offered any more');
  },
);

t.test(
  'a session of a user ends when the name is a service account, and that of the account when it is removed',
  async (t) => {
    const account = { serviceAccounts: [{ dn: MEMBER, password: 'of its own' }] };
    const proxy = await startProxy(upstream);
    t.teardown(() => proxy.stop());
    const [user, service] = [await Client.open(proxy.url), await Client.open(proxy.url)];
    t.teardown(() => [user, service].map((client) => client.destroy()));
    const seen = async (client: Client) => (await client.search({ base: BASE, filter: '(uid=*)' })).entries.length;
    t.equal((await user.bind(MEMBER, 'user-secret-5001')).code, 0);
    t.equal(await seen(user), 1);
    await proxy.app.reload(proxyConfig(upstream, { local: account }));
    t.equal(await seen(user), 0);
    t.equal((await user.bind(MEMBER, 'user-secret-5001')).code, 49, 'not even by the cached password');
    t.equal((await service.bind(MEMBER, 'of its own')).code, 0);
    t.equal(await seen(service), 9);
    await proxy.app.reload(proxyConfig(upstream));
    t.equal(await seen(service), 0);
    t.equal((await service.bind(MEMBER, 'of its own')).code, 49);
    t.equal((await service.bind(MEMBER, 'user-secret-5001')).code, 0);
  },
);

t.test('a configuration that cannot be worked by changes nothing, and says why', async (t) => {
  const proxy = await startProxy(upstream, { local: { serviceAccounts: [SERVICE] } });
  t.teardown(() => proxy.stop());
  const reader = { dn: upstream.reader.dn, password: 'wrong' };
  const faulty = configWith({ upstream: { urls: [upstream.url], orgId: upstream.orgId, reader } });
  t.match(await proxy.app.reload(faulty), { kind: 'kept', why: /first read with it failed/ });
  const client = await Client.open(proxy.url);
  t.equal((await client.bind(MEMBER, 'user-secret-5001')).code, 0);
  t.equal((await client.bind(SERVICE.dn, SERVICE.password)).code, 0);
});

t.test('cached passwords outlive a change that does not concern them, and no other', async (t) => {
  const proxy = await startProxy(upstream, { local: { serviceAccounts: [SERVICE] } });
  t.teardown(() => proxy.stop());
  const client = await Client.open(proxy.url);
  const sent = async () => {
    const count = () => upstream.bindNames.filter((name) => name.startsWith('uid=quillon')).length;
    const before = count();
    t.equal((await client.bind(MEMBER, 'user-secret-5001')).code, 0);
    return count() - before;
  };
  t.equal(await sent(), 1);
  await proxy.app.reload(configWith({ local: { search: { users: 'all' } } }));
  t.equal(await sent(), 0, 'remembered');
  await proxy.app.reload(configWith({ binds: { cache: { ttl: '20s' } } }));
  t.equal(await sent(), 1, 'asked again');
  t.equal(await proxy.app.purge('Quillon.Varrek'), true, 'in any spelling');
  t.equal(await sent(), 1, 'forgotten by order');
  t.equal(await proxy.app.purge('nobody'), false);
});

t.test(
  'SIGHUP and changed files: new settings and certificates without dropping anybody; a fault keeps the old',
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'jumpgate-reload-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const authority = await makeAuthority();
    const put = (name: string, text: string) => {
      // As editors and secret mounts do it: a whole file takes the place of the old.
      writeFileSync(join(folder, `${name}.new`), text, { mode: 0o600 });
      renameSync(join(folder, `${name}.new`), join(folder, name));
    };
    const issue = async (name: string) => {
      const { certPem, keyPem } = await authority.issue([name]);
      put('key.pem', keyPem);
      put('cert.pem', certPem);
    };
    const configure = (users: string) =>
      put(
        'jumpgate.yaml',
        `listen: { ldap: "127.0.0.1:0", ldaps: "127.0.0.1:0", tls: { certFile: ${folder}/cert.pem, keyFile: ${folder}/key.pem } }
upstream: { urls: ["${upstream.url}"], caFile: ${folder}/ca.pem, orgId: ${upstream.orgId}, reader: { user: ldap-reader, passwordFile: ${folder}/password } }
local: { baseDN: "${BASE}", search: { users: ${users} } }
ops: { http: false }
log: { audit: ${folder}/audit.jsonl }
`,
      );
    put('ca.pem', upstream.caPem);
    put('password', upstream.reader.password);
    await issue('first.example');
    configure('self');

    const serving = start(['serve', '--wait', '20s', '--config', join(folder, 'jumpgate.yaml')]);
    t.teardown(() => void serving.child.kill('SIGKILL'));
    const lines = () =>
      serving
        .out()
        .trim()
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    const said = (message: string) => lines().filter(({ msg }) => msg === message);
    await eventually(() => said('listening').length > 0);
    const { ldap, ldaps } = said('listening')[0] as { ldap: string; ldaps: string };
    const subject = () =>
      new Promise<string>((resolve, reject) => {
        const socket = connectTls(
          { port: Number(new URL(ldaps).port), host: '127.0.0.1', rejectUnauthorized: false },
          () => {
            resolve(String(socket.getPeerCertificate().subject.CN));
            socket.destroy();
          },
        );
        socket.once('error', reject);
      });
    // A login needs only an earlier look-up; searches need the snapshot.
    await eventually(() => lines().some(({ msg }) => String(msg).startsWith('ready: ')));
    const client = await Client.open(ldap);
    t.equal((await client.bind(MEMBER, 'user-secret-5001')).code, 0);
    t.equal(await subject(), 'first.example');
    const entries = async () => (await client.search({ base: BASE, filter: '(uid=*)' })).entries.length;
    t.equal(await entries(), 1);

    configure('all');
    serving.child.kill('SIGHUP');
    await eventually(() => said('configuration: changed').length === 1);
    t.equal(await entries(), 9, 'on the connection that was open');

    configure('nobody-knows');
    serving.child.kill('SIGHUP');
    await eventually(() => said('configuration: the old one is kept').length === 1);
    t.match(String(said('configuration: the old one is kept')[0]?.['error.message']), /local\.search\.users/);
    t.equal(await entries(), 9);
    configure('all');

    await issue('second.example');
    await eventually(async () => (await subject()) === 'second.example');
    t.equal(await entries(), 9, 'nobody was dropped for it');

    put('key.pem', (await authority.issue(['third.example'])).keyPem);
    await eventually(() => said('configuration: the old one is kept').length >= 2);
    t.equal(await subject(), 'second.example', 'a key that does not fit changes nothing');

    serving.child.kill('SIGUSR2');
    await eventually(() => said('log level: changed by SIGUSR2').length === 1);
    await entries();
    await eventually(() => said('search').length > 0);
    serving.child.kill('SIGUSR2');
    await eventually(() => said('log level: changed by SIGUSR2').length === 2);

    const decisions = readFileSync(join(folder, 'audit.jsonl'), 'utf8').trim().split('\n');
    t.match(decisions.at(-1), /"user\.name":"quillon\.varrek","ldap\.code":0/);

    serving.child.kill('SIGTERM');
    t.equal((await serving.finished).code, 0);
    t.notOk(serving.out().includes(upstream.reader.password));
  },
);

t.test('a reload names the keys that changed, and no value of theirs (R98, R103)', async (t) => {
  const folder = t.testdir({});
  const [file, token, accounts] = ['jumpgate.yaml', 'token', 'accounts'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const write = (group: string, password: string, more = '') =>
    writeFileSync(
      file,
      `group: ${group}\nlog: { format: json }\nops: { http: false, tokenFile: token }\nlisten: { ldap: "127.0.0.1:0" }\nlocal: { serviceAccountsFile: accounts }\nupstream: { urls: ["ldaps://127.0.0.1:1"], orgId: ${upstream.orgId}, reader: { user: r, password: ${password} } }\n${more}`,
      { mode: 0o600 },
    );
  write('wayk-users', 'hunter2-first');
  writeFileSync(token, 'hunter2-token-of-many-characters', { mode: 0o600 });
  writeFileSync(accounts, '- { dn: cn=a, password: hunter2-account }', { mode: 0o600 });
  const program = start(['serve', '--config', file]);
  const reloads = () =>
    program
      .out()
      .split('\n')
      .filter((line) => line.includes('"configuration: '))
      .map((line) => JSON.parse(line) as { msg: string; keys?: string[] });
  await eventually(() => program.out().includes('"listening"'));
  const reloaded = async (count: number) => {
    program.child.kill('SIGHUP');
    await eventually(() => reloads().length >= count);
    return reloads().at(-1);
  };
  t.equal((await reloaded(1))?.msg, 'configuration: unchanged');
  writeFileSync(accounts, '- { dn: cn=b, password: hunter2-other }', { mode: 0o600 });
  writeFileSync(token, 'hunter2-another-of-many-characters', { mode: 0o600 });
  write('wayk-users', 'hunter2-first', 'binds: { window: 61s }\n');
  t.match(await reloaded(2), {
    ...{ msg: 'configuration: changed', keys: ['binds.window', 'local.serviceAccounts', 'ops.token'] },
  });
  program.child.kill('SIGTERM');
  await program.finished;
  t.notMatch(program.out(), /hunter2/);
});

t.test('the group and the reader that changed are named as well', async (t) => {
  const proxy = await startProxy(upstream, { local: { serviceAccounts: [SERVICE] } });
  t.teardown(() => proxy.stop());
  t.match(await proxy.app.reload(configWith({ group: 'Finance' })), { kind: 'changed', keys: ['group.name'] });
  const ready = proxy.log
    .map((line) => JSON.parse(line) as { msg: string })
    .filter(({ msg }) => msg.startsWith('ready'));
  t.match(ready, [
    { msg: /^ready: wayk-users has 9 members, read in \d+ ms$/ },
    { msg: /^ready: Finance has \d+ member/ },
  ]);
});
