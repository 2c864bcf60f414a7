// Floods of everything that makes a line: what anybody can send again and again is written a few times and counted, and nothing is lost.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import t from 'tap';
import { type App, startApp } from '../../src/app.js';
import { makeAuthority } from '../../src/demo/certificate.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { openAudit } from '../../src/ops/log/audit.js';
import { createLog } from '../../src/ops/log/log.js';
import { ownCertificate } from '../support/certificate.js';
import { Client, simpleBind } from '../support/client.js';
import { eventually, proxyConfig, userDN } from '../support/proxy.js';
import { bindWith, hex, message, text } from '../support/raw.js';

const MEMBER = userDN('quillon.varrek');
const PASSWORD = 'user-secret-5001';
/** Of each kind. */
const TIMES = 100;

const upstream = await StandIn.start({});
t.teardown(() => upstream.stop());
const authority = await makeAuthority();

type Line = Record<string, unknown>;

interface Product {
  readonly app: App;
  metrics(): Promise<string>;
  /** Stops it; what it has written, every sum included. */
  end(): Promise<{ log: Line[]; audit: Line[] }>;
}

async function start(test: Pick<typeof t, 'teardown' | 'testdir'>, listen: Record<string, unknown>): Promise<Product> {
  const folder = test.testdir({});
  const tls = await ownCertificate(authority, folder);
  const file = join(folder, 'audit.jsonl');
  const stream = new PassThrough();
  const parts: string[] = [];
  stream.setEncoding('utf8').on('data', (part: string) => parts.push(part));
  const { log, drain } = await createLog({ level: 'info', format: 'json' }, stream);
  const audit = openAudit(file, (what) => {
    throw new Error(what);
  });
  const config = proxyConfig(upstream, {
    listen: { ldaps: '127.0.0.1:0', tls, ...listen },
    ops: { http: '127.0.0.1:0' },
    binds: { failuresPerAddress: 20 },
  });
  const app = await startApp(config, log, { audit });
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= app.stop();
    return stopping;
  };
  test.teardown(stop);
  await eventually(() => app.readiness().snapshot.present);
  const linesOf = (text: string) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  return {
    app,
    metrics: async () => (await fetch(`${app.opsUrl}/metrics`)).text(),
    end: async () => {
      await stop();
      audit.close();
      if (!(await drain(10_000))) throw new Error('the log was not written');
      return { log: linesOf(parts.join('')), audit: linesOf(readFileSync(file, 'utf8')) };
    },
  };
}

const fail = (client: Client, name: string, password = 'wrong', version = 3) =>
  client.result(simpleBind(name, password, version));
const CRITICAL = [{ type: '1.2.3.4', critical: true }];

/** Kinds that need one connection: each sends one thing and waits for its answer. */
const ON_ONE: Readonly<Record<string, (client: Client, i: number) => Promise<unknown>>> = {
  'right passwords': (client) => client.bind(MEMBER, PASSWORD),
  'a wrong password': (client) => fail(client, MEMBER),
  'unknown names': (client, i) => fail(client, userDN(`nobody-${i}`)),
  'long unknown names': (client, i) => fail(client, userDN(`${'n'.repeat(5000)}${i}`)),
  'invalid names': (client, i) => fail(client, `=${i}`),
  'names of no user': (client, i) => fail(client, `cn=group-${i},dc=elsewhere`),
  'the reader': (client) => fail(client, upstream.reader.dn),
  'empty passwords': (client, i) => fail(client, userDN(`nobody-${i}`), ''),
  'a password without a name': (client) => fail(client, ''),
  'another version': (client, i) => fail(client, `version-${i}`, 'x', 2),
  'a critical control': (client, i) => client.result(simpleBind(`control-${i}`, 'x'), CRITICAL),
  'a mechanism': (client) =>
    client.result({
      kind: 'bindRequest',
      version: 3,
      name: '',
      authentication: { method: 'sasl', mechanism: 'X' },
    }),
  'anonymous binds': (client) => client.bind('', ''),
  'malformed binds': async (client) => {
    client.write(message(1, bindWith('020103', text('x'))));
    await client.answered(1);
    client.received.length = 0;
  },
};

/** Kinds that end their connection. */
const ON_MANY: Readonly<Record<string, (app: App) => Promise<unknown>>> = {
  'bytes that are not LDAP': (app) => sendToTheEnd(app.ldapUrl, Buffer.from('GET / HTTP/1.1\r\n\r\n')),
  'no TLS on ldaps': (app) => sendToTheEnd(app.ldapsUrl, hex('300c0201016007020103040080 00')),
  'nothing and a reset': (app) => sendToTheEnd(app.ldapsUrl, undefined),
};

function sendToTheEnd(url: string | undefined, octets: Buffer | undefined): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port: Number(new URL(url ?? '').port), host: '127.0.0.1' }, () => {
      if (octets === undefined) socket.resetAndDestroy();
      else socket.write(octets);
    });
    socket.on('error', () => {});
    socket.resume();
    socket.once('close', () => resolve());
  });
}

const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0);

/** How many lines a line stands for that are about an operation with an end like this. */
function told(lines: readonly Line[], reason: string): number {
  return sum(
    lines.map((line) => {
      const rest = (line.reasons as Record<string, number> | undefined)?.[`bind ${reason}`] ?? 0;
      return rest + (line.reason === reason ? ((line.repeated as number | undefined) ?? 1) : 0);
    }),
  );
}

function toldFaults(lines: readonly Line[], fault: string): number {
  const what = `connection: ${fault}`;
  return sum(
    lines.map((line) => {
      const rest = (line.reasons as Record<string, number> | undefined)?.[`${what} ${fault}`] ?? 0;
      if (line.msg === what) return rest + 1;
      return rest + (String(line.msg).startsWith(`${what}: and`) ? (line.repeated as number) : 0);
    }),
  );
}

/** Binds by reason, and faults by name, as the metrics have counted them. */
function counted(metrics: string): { binds: Map<string, number>; faults: Map<string, number> } {
  const binds = new Map<string, number>();
  for (const [, reason = '', n] of metrics.matchAll(/operations_total\{type="bind",.*reason="(.*)"\} (\d+)/g))
    binds.set(reason, (binds.get(reason) ?? 0) + Number(n));
  const faults = [...metrics.matchAll(/faults_total\{fault="(.*)"\} (\d+)/g)];
  return { binds, faults: new Map(faults.map(([, fault = '', n]) => [fault, Number(n)])) };
}

t.test('one address: a few hundred lines a minute, whatever it sends, and each thing is counted (R120)', async (t) => {
  const product = await start(t, {});
  const { app } = product;
  for (const [, say] of Object.entries(ON_ONE)) {
    const clients = await Promise.all(Array.from({ length: 10 }, () => Client.open(app.ldapUrl ?? '')));
    await Promise.all(
      clients.map(async (client, at) => {
        for (let i = 0; i < TIMES / 10; i++) await say(client, at * TIMES + i);
        client.destroy();
      }),
    );
  }
  for (const [, say] of Object.entries(ON_MANY)) for (let i = 0; i < TIMES; i++) await say(app);
  const { binds, faults } = counted(await product.metrics());
  const { log, audit } = await product.end();
  t.ok(sum([...binds.values()]) >= 12 * TIMES, 'all binds were counted');
  t.equal(faults.get('malformed message'), 2 * TIMES);
  t.equal(faults.get('TLS handshake failed'), TIMES);
  t.ok(log.length <= 30 * 4 + 20 * 4 + 1 + 4, `${log.length} lines of log`);
  t.ok(audit.length < TIMES * 8, `${audit.length} lines of audit, ${TIMES} of them for logins`);
  for (const [reason, count] of binds) {
    // Anonymous ones decide nothing.
    const expected = reason === 'ok' ? count - TIMES : count;
    t.equal(told(log, reason), expected, `log: ${reason}`);
    t.equal(told(audit, reason), expected, `audit: ${reason}`);
  }
  for (const fault of ['malformed message', 'TLS handshake failed']) t.equal(toldFaults(log, fault), faults.get(fault));
  t.equal(audit.filter(({ reason }) => reason === 'ok').length, TIMES, 'each login has its audit line');
  for (const who of ['quillon.varrek'])
    t.ok(audit.some((line) => line['user.name'] === who && line.reason === 'wrong-password'));
  t.ok(Math.max(...[...log, ...audit].map((line) => JSON.stringify(line).length)) < 2000, 'and none is long');
});

t.test('many addresses: a limited number of lines, and each refusal is counted (R120)', async (t) => {
  const ADDRESSES = 1500;
  const product = await start(t, { proxyProtocol: ['127.0.0.1'] });
  const { app } = product;
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < ADDRESSES; i = next++) {
      const client = await Client.open(app.ldapUrl ?? '');
      client.write(Buffer.from(`PROXY TCP4 198.51.${i >> 8}.${i & 255} 127.0.0.1 4711 389\r\n`));
      await fail(client, MEMBER, '');
      await fail(client, `=${i}`);
      client.write(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
      await client.closed();
    }
  };
  await Promise.all(Array.from({ length: 20 }, worker));
  // After all of that, a login has its line.
  const late = await Client.open(app.ldapUrl ?? '');
  late.write(Buffer.from('PROXY TCP4 203.0.113.1 127.0.0.1 4711 389\r\n'));
  t.equal((await late.bind(MEMBER, PASSWORD)).code, 0);
  late.destroy();
  const { log, audit } = await product.end();
  t.ok(log.length <= 500 * 4 + 1000 + 2, `${log.length} lines of log`);
  for (const reason of ['empty-password', 'invalid-name']) {
    t.equal(told(log, reason), ADDRESSES, reason);
    t.equal(told(audit, reason), ADDRESSES, reason);
  }
  t.equal(toldFaults(log, 'malformed message'), ADDRESSES);
  t.match(
    log.filter(({ reason }) => reason === 'ok'),
    [{ 'client.address': '203.0.113.1' }],
  );
  const named = new Set(audit.map((line) => line['client.address']));
  t.equal(named.size, ADDRESSES + 1, 'the audit names each address');
});

t.test('invented names of many addresses hide no guess at an account, in log and audit (R120)', async (t) => {
  const ADDRESSES = 100;
  const product = await start(t, { proxyProtocol: ['127.0.0.1'] });
  const { app } = product;
  const from = async (address: string) => {
    const client = await Client.open(app.ldapUrl ?? '');
    client.write(Buffer.from(`PROXY TCP4 ${address} 127.0.0.1 4711 389\r\n`));
    return client;
  };
  let next = 0;
  const worker = async () => {
    for (let i = next++; i < ADDRESSES; i = next++) {
      const client = await from(`198.51.100.${i}`);
      for (let j = 0; j < 200; j++) await fail(client, `=${i}.${j}`);
      client.destroy();
    }
  };
  await Promise.all(Array.from({ length: 20 }, worker));
  // One of theirs, and one that has said nothing yet.
  const guessing = ['198.51.100.1', '203.0.113.1'];
  for (const address of guessing) {
    const client = await from(address);
    await fail(client, MEMBER);
    client.destroy();
  }
  const { log, audit } = await product.end();
  for (const [where, lines] of Object.entries({ log, audit })) {
    t.equal(told(lines, 'invalid-name'), ADDRESSES * 200, where);
    const guesses = lines.filter((line) => line['user.name'] === 'quillon.varrek' && line.reason === 'wrong-password');
    t.same(
      guesses.map((line) => line['client.address']),
      guessing,
      where,
    );
  }
});
