// Sockets that systemd passes: a real parent holds them, and the built program comes and goes behind them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { ownCertificate } from '../support/certificate.js';
import { Client } from '../support/client.js';
import { BASE, eventually, userDN } from '../support/proxy.js';
import { type Holder, holdSockets, withoutHolder } from '../support/socket-holder.js';

const upstream = await StandIn.start();
t.teardown(() => upstream.stop());
const authority = await makeAuthority();
// Socket files have short names at most: not the test's own folder.
const folder = mkdtempSync(join(tmpdir(), 'jumpgate-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string) => {
  writeFileSync(join(folder, name), content, { mode: 0o600 });
  return join(folder, name);
};
const ALICE = userDN('quillon.varrek');
const PASSWORD = 'user-secret-5001';

const tls = await ownCertificate(authority, folder);
const settings = {
  upstream: {
    urls: [`ldaps://localhost:${upstream.port}`],
    caFile: file('ca.pem', upstream.caPem),
    orgId: upstream.orgId,
    reader: { dn: upstream.reader.dn, passwordFile: file('reader.password', upstream.reader.password) },
  },
  local: { baseDN: BASE },
  ops: { http: false },
  log: { format: 'json' },
};
const config = (more: object = {}) => file('jumpgate.yaml', JSON.stringify({ ...settings, ...more }));
const serve = (more?: object) => ['serve', '--config', config(more)];
const listening = ({ log }: Holder) => log.filter(({ msg }) => msg === 'listening').at(-1);

async function openFile(path: string): Promise<Client> {
  const socket = await new Promise<Socket>((resolve, reject) => {
    const opened = connect(path, () => resolve(opened)).once('error', reject);
  });
  return Client.open(socket);
}

t.test('ldap, ldaps and ldapi are served on the sockets that were passed', { skip: withoutHolder }, async (t) => {
  const path = join(folder, 'ldapi');
  const names = [
    ['ldap', '127.0.0.1'],
    ['ldap', '::1'],
    ['ldaps', '127.0.0.1'],
    ['ldapi', path],
  ] as const;
  // What is configured in their place is opened by nobody: another one has that path already.
  const elsewhere = file('elsewhere', 'no socket');
  const external = `cn=local,${BASE}`;
  const listen = { ldap: '127.0.0.1:1', ldaps: '127.0.0.1:1', tls, ldapi: { path: elsewhere, external } };
  const holder = await holdSockets(t, names, serve({ listen }));
  await holder.start();
  const [ldap, ldap6, ldaps] = holder.ports;
  t.match(listening(holder), { ldap: `ldap://127.0.0.1:${ldap}`, ldaps: `ldaps://127.0.0.1:${ldaps}` });
  t.same(listening(holder)?.inherited, [
    `ldap: 127.0.0.1:${ldap} (descriptor 3)`,
    `ldap: [::1]:${ldap6} (descriptor 4)`,
    `ldaps: 127.0.0.1:${ldaps} (descriptor 5)`,
    'ldapi: a socket file (descriptor 6)',
  ]);
  const six = await new Promise<Socket>((resolve) => {
    const socket = connect(ldap6!, '::1', () => resolve(socket));
  });
  const clients = [
    await Client.open({ port: ldap! }),
    await Client.open(six),
    await Client.open({ port: ldaps!, tls: true, ca: authority.caPem }),
    await openFile(path),
  ];
  for (const client of clients) t.equal((await client.bind(ALICE, PASSWORD)).code, 0);
  const [inClear, , , local] = clients;
  const sasl = {
    kind: 'bindRequest',
    version: 3,
    name: '',
    authentication: { method: 'sasl', mechanism: 'EXTERNAL' },
  } as const;
  t.equal((await local!.result(sasl)).code, 0, 'a socket file is of this machine');
  t.not((await inClear!.result(sasl)).code, 0, 'an address is not');
  for (const client of clients) client.destroy();
  t.equal(await holder.end('TERM'), 0);
  t.ok(existsSync(path), 'the socket file is its holder’s');
});

t.test('a restart loses no connection: those that come meanwhile wait', { skip: withoutHolder }, async (t) => {
  const path = join(folder, 'waiting');
  const holder = await holdSockets(
    t,
    [
      ['ldap', '127.0.0.1'],
      ['ldapi', path],
    ],
    serve(),
  );
  const [port = 0] = holder.ports;
  for (const signal of ['TERM', 'KILL', 'TERM'] as const) {
    const early = await Promise.all([1, 2, 3].map(() => Client.open({ port })));
    early.push(await openFile(path));
    const answers = early.map((client) => client.bind(ALICE, PASSWORD));
    await holder.start();
    for (const answer of answers) t.equal((await answer).code, 0, 'who came before it is answered');
    for (const client of early) client.destroy();
    t.equal(await holder.end(signal), signal === 'TERM' ? 0 : -9);
  }
});

t.test(
  'clients that never stop connecting are refused at no moment of three restarts',
  { skip: withoutHolder },
  async (t) => {
    const holder = await holdSockets(t, [['ldap', '127.0.0.1']], serve());
    const [port = 0] = holder.ports;
    const codes = new Map<number, number>();
    let isOver = false;
    let failed = '';
    const client = async () => {
      while (!isOver && failed === '') {
        try {
          const one = await Client.open({ port });
          // 52: it was let in, and the server stopped before its request was taken up.
          const { code } = await one.bind(ALICE, PASSWORD);
          codes.set(code, (codes.get(code) ?? 0) + 1);
          one.destroy();
        } catch (error) {
          // A Notice of Disconnection has no message ID of ours.
          if ((error as Error).message === 'the connection was closed') codes.set(52, (codes.get(52) ?? 0) + 1);
          else failed = String(error);
        }
      }
    };
    const clients = Array.from({ length: 8 }, client);
    for (let i = 0; i < 3; i++) {
      const before = codes.get(0) ?? 0;
      await holder.start();
      await eventually(() => (codes.get(0) ?? 0) > before + 50);
      t.equal(await holder.end('TERM'), 0);
    }
    await holder.start();
    isOver = true;
    await Promise.all(clients);
    t.equal(failed, '');
    t.ok((codes.get(52) ?? 0) <= 3 * 8, `${codes.get(52)}: at most one for each client and end`);
    t.same(
      [...codes.keys()].filter((code) => code !== 0 && code !== 52),
      [],
    );
  },
);

t.test('a reload keeps them', { skip: withoutHolder }, async (t) => {
  const holder = await holdSockets(t, [['ldap', '127.0.0.1']], serve());
  await holder.start();
  const [port = 0] = holder.ports;
  const before = await Client.open({ port });
  t.equal((await before.bind(ALICE, PASSWORD)).code, 0);
  config({ binds: { failuresPerAddress: 1 }, listen: { ldap: '127.0.0.1:1' } });
  holder.hangUp();
  const line = (msg: string) => holder.log.find((one) => one.msg === msg);
  await eventually(() => line('configuration: changed') !== undefined);
  t.same(line('configuration: changed')?.keys, ['binds.failuresPerAddress'], 'listen.ldap counts for nothing');
  t.equal(line('configuration: restart for these keys'), undefined);
  const after = await Client.open({ port });
  t.equal((await after.bind(ALICE, PASSWORD)).code, 0);
  before.destroy();
  after.destroy();
});

t.test('what is meant for another process is left, with a warning', { skip: withoutHolder }, async (t) => {
  const holder = await holdSockets(t, [['ldap', '127.0.0.1']], serve({ listen: { ldap: '127.0.0.1:0' } }), {
    HOLDER_PID: '1',
  });
  await holder.start();
  t.not(listening(holder)?.ldap, `ldap://127.0.0.1:${holder.ports[0]}`);
  t.equal(listening(holder)?.inherited, undefined);
  t.match(
    holder.log.map(({ msg }) => msg),
    [/LISTEN_PID.*names another process.*exec/],
  );
});

t.test('an address beyond this machine has the warning of a configured one', { skip: withoutHolder }, async (t) => {
  const holder = await holdSockets(t, [['ldap', '0.0.0.0']], serve());
  await holder.start();
  t.ok(holder.log.some(({ msg }) => /listen\.ldap.*0\.0\.0\.0 is reachable from outside/.test(String(msg))));
});

t.test('check says what it was passed, and tries no port in its place', { skip: withoutHolder }, async (t) => {
  const args = ['check', '--json', '--config', config({ listen: { ldap: '127.0.0.1:1' } })];
  const holder = await holdSockets(t, [['ldap', '127.0.0.1']], args);
  void holder.start().catch(() => {});
  await eventually(() => /"listen.ldap"/.test(holder.text()));
  t.match(holder.text(), `passed by systemd as ldap: 127.0.0.1:${holder.ports[0]} (descriptor 3)`);
});

t.test('what cannot be listened on ends the start with a fault that says why', async (t) => {
  const args = serve({ listen: { ldap: '127.0.0.1:0' } });
  const rows: [env: NodeJS.ProcessEnv, before: string, text: RegExp][] = [
    [{}, 'exec 3</dev/null', /descriptor 3 \(ldap\) is not a socket/],
    [{}, 'exec 3<&-', /descriptor 3 \(ldap\) is (not open|not a socket)/],
    [{ LISTEN_FDS: 'x' }, ':', /LISTEN_FDS.*is not a number/],
    [{ LISTEN_FDNAMES: 'a:b' }, ':', /LISTEN_FDNAMES.*names 2 descriptors/],
  ];
  for (const [more, before, text] of rows) {
    // The shell becomes the program.
    const script = `${before}; export LISTEN_PID=$$; exec "$0" dist/main.js "$@"`;
    const env = { PATH: process.env.PATH, LISTEN_FDS: '1', LISTEN_FDNAMES: 'ldap', ...more };
    const { status, stderr } = spawnSync('sh', ['-c', script, process.execPath, ...args], { env, encoding: 'utf8' });
    t.equal(status, 2, String(text));
    t.match(stderr, text);
    t.match(stderr, /FileDescriptorName=|ListenStream=|systemd sets it/, 'with a remedy');
  }
});
