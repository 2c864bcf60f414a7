// Limits: what a client may cost, and that a client that exceeds one harms only itself.
import { connect } from 'node:net';
import t from 'tap';
import { StandIn } from '../../src/demo/stand-in.js';
import { Scope } from '../../src/ldap/message.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { Client, searchRequest, simpleBind } from '../support/client.js';
import {
  BASE,
  eventually,
  type RunningProxy,
  withProxy as startedProxy,
  startProxy,
  userDN,
} from '../support/proxy.js';

const ALICE = userDN('quillon.varrek');
const PASSWORD = 'user-secret-5001';
const READER = userDN('ldap-reader');
const READER_PASSWORD = 'reader-secret-5000';

const upstream = await StandIn.start({});
t.teardown(() => upstream.stop());

const withProxy = (settings: Record<string, unknown>, use: (proxy: RunningProxy) => Promise<void>) =>
  startedProxy(upstream, settings, use);

const limited = (limits: Record<string, unknown>, use: (proxy: RunningProxy) => Promise<void>) =>
  withProxy({ listen: { limits } }, use);

async function isServed(proxy: RunningProxy): Promise<boolean> {
  const client = await Client.open(proxy.url);
  const { code } = await client.bind(ALICE, PASSWORD);
  client.destroy();
  return code === 0;
}

t.test('connections are limited in all and per address, and places become free again (R67, R71, R110)', async (t) => {
  for (const limits of [{ connections: 3 }, { connectionsPerAddress: 3 }]) {
    await limited(limits, async (proxy) => {
      const clients = await Promise.all([1, 2, 3].map(() => Client.open(proxy.url)));
      for (const client of clients) t.equal((await client.bind(ALICE, PASSWORD)).code, 0);
      const fourth = await Client.open(proxy.url);
      await fourth.closed();
      t.equal((await clients[0]!.bind(ALICE, PASSWORD)).code, 0, 'those who are in are served');
      clients[1]!.destroy();
      await eventually(() => proxy.app.readiness().connections === 2);
      t.ok(await isServed(proxy), 'one may come in again');
      await eventually(() => proxy.log.some((line) => line.includes('too many connections')));
      for (const client of clients) client.destroy();
    });
  }
});

t.test('when the house is full, the oldest connection without an identity makes room (R67, R110)', async (t) => {
  await limited({ connections: 4 }, async (proxy) => {
    const bound = await Client.open(proxy.url);
    t.equal((await bound.bind(ALICE, PASSWORD)).code, 0);
    const silent: Client[] = [];
    for (let i = 0; i < 3; i++) silent.push(await Client.open(proxy.url));
    await eventually(() => proxy.app.readiness().connections === 4);
    for (let i = 0; i < 3; i++) {
      t.ok(await isServed(proxy), 'a member is let in');
      await silent[i]!.closed();
      t.notOk(
        silent.slice(i + 1).some(({ isClosed }) => isClosed),
        'the oldest goes first',
      );
      await eventually(() => proxy.app.readiness().connections === 3);
      silent.push(await Client.open(proxy.url));
      await eventually(() => proxy.app.readiness().connections === 4);
    }
    t.equal((await bound.search({ base: ALICE, scope: Scope.baseObject })).entries.length, 1, 'the bound one stays');
    for (const client of [bound, ...silent]) client.destroy();
  });
});

t.test(
  'a connection that never binds is closed after a while; bound ones and those at work are not (R67)',
  async (t) => {
    await limited({ unboundTime: '300ms' }, async (proxy) => {
      const [bound, silent, busy] = await Promise.all([1, 2, 3].map(() => Client.open(proxy.url)));
      t.equal((await bound!.bind(ALICE, PASSWORD)).code, 0);
      // Anonymous requests do not count: neither binds without a name nor reads of the root DSE.
      const timer = setInterval(() => {
        if (busy?.isClosed === false) busy.send(searchRequest({ base: '', scope: Scope.baseObject }));
      }, 50);
      await Promise.all([silent!.closed(), busy!.closed()]);
      clearInterval(timer);
      t.match(silent!.received.at(-1), { messageID: 0, op: { kind: 'extendedResponse', result: { code: 52 } } });
      t.equal((await bound!.search({ base: ALICE, scope: Scope.baseObject })).entries.length, 1);
      t.equal((await bound!.bind('', '')).code, 0);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      t.notOk(bound!.isClosed, 'a client that was bound once may stay as anonymous');
      bound!.destroy();
    });
  },
);

t.test(
  'a message above the limit ends the connection at its header: 64 KiB before a bind, more after it (R54)',
  async (t) => {
    await limited({ messageBytesBeforeBind: '2KiB', messageBytes: '8KiB' }, async (proxy) => {
      const header = (length: number) => Buffer.from([0x30, 0x84, 0, 0, length >> 8, length & 0xff]);
      const early = await Client.open(proxy.url);
      early.write(header(4000));
      await early.closed();
      t.match(early.received[0], { messageID: 0, op: { kind: 'extendedResponse', result: { code: 2 } } });
      const bound = await Client.open(proxy.url);
      await bound.bind(ALICE, PASSWORD);
      const long = searchRequest({ base: BASE, attributes: ['x'.repeat(4000)] });
      t.equal((await bound.result(long)).code, 0, 'a bound client may send more');
      bound.write(header(9000));
      await bound.closed();
      const fallen = await Client.open(proxy.url);
      await fallen.bind(ALICE, PASSWORD);
      await fallen.bind(ALICE, 'wrong');
      fallen.write(header(4000));
      await fallen.closed();
      t.pass('after a failed bind the smaller limit counts again');
      t.ok(await isServed(proxy));
    });
  },
);

t.test(
  'a message has to be complete in time, however it trickles; a client that is only slow to ask again is not ended (R68)',
  async (t) => {
    await limited({ messageTime: '300ms' }, async (proxy) => {
      const waiting = await Client.open(proxy.url);
      t.equal((await waiting.bind(ALICE, PASSWORD)).code, 0);
      const half = await Client.open(proxy.url);
      half.write(encodeMessage({ messageID: 1, op: simpleBind(ALICE, PASSWORD) }).subarray(0, 20));
      const trickling = await Client.open(proxy.url);
      const timer = setInterval(() => trickling.write(Buffer.of(0x04)), 50);
      trickling.write(Buffer.from('3082', 'hex'));
      trickling.write(Buffer.from('ff00', 'hex'));
      await Promise.all([half.closed(), trickling.closed()]);
      clearInterval(timer);
      t.match(
        half.received.at(-1),
        { messageID: 0, op: { kind: 'extendedResponse' } },
        'with a Notice of Disconnection',
      );
      t.equal((await waiting.search({ base: ALICE, scope: Scope.baseObject })).entries.length, 1);
      waiting.destroy();
    });
  },
);

t.test('a client that always has the next message half sent is not too slow', async (t) => {
  await limited({ messageTime: '300ms' }, async (proxy) => {
    const client = await Client.open(proxy.url);
    const pdu = encodeMessage({ messageID: 7, op: searchRequest({ base: '', scope: Scope.baseObject }) });
    const half = pdu.length >> 1;
    client.write(pdu.subarray(0, half));
    for (let i = 1; i <= 12; i++) {
      await new Promise((resolve) => setTimeout(resolve, 120));
      client.write(Buffer.concat([pdu.subarray(half), pdu.subarray(0, half)]));
      await client.until(() => client.received.filter(({ op }) => op.kind === 'searchResultDone').length === i);
    }
    t.pass('all were answered');
    client.destroy();
  });
});

t.test('an idle client is disconnected with a Notice of Disconnection', async (t) => {
  await limited({ idleTime: '200ms' }, async (proxy) => {
    const client = await Client.open(proxy.url);
    await client.closed();
    t.match(client.received[0], { messageID: 0, op: { responseName: '1.3.6.1.4.1.1466.20036', result: { code: 52 } } });
  });
});

t.test(
  'a client that does not read is served no further and ended after a time; one that reads slowly gets all (R69)',
  async (t) => {
    const many = 2000;
    await limited({ pendingBytes: '64KiB', messageTime: '700ms' }, async (proxy) => {
      const requests = [
        encodeMessage({ messageID: 1, op: simpleBind(READER, READER_PASSWORD) }),
        ...Array.from({ length: many }, (_, i) =>
          encodeMessage({ messageID: i + 2, op: searchRequest({ base: BASE, attributes: ['*', '+'] }) }),
        ),
      ];
      const { port } = new URL(proxy.url);
      const deaf = connect({ port: Number(port), host: '127.0.0.1' });
      deaf.on('error', () => {});
      deaf.pause();
      deaf.write(Buffer.concat(requests));
      const ended = new Promise<void>((resolve) => deaf.once('close', () => resolve()));
      await eventually(() => proxy.log.some((line) => line.includes('client does not read')));
      t.ok(await isServed(proxy), 'others are served meanwhile');
      deaf.resume();
      await ended;
      const slow = await Client.open(proxy.url);
      slow.write(Buffer.concat(requests));
      await slow.until(() => slow.received.filter(({ op }) => op.kind === 'searchResultDone').length === many);
      t.pass('all were answered');
      slow.destroy();
    });
  },
);

t.test('a half-closed client gets its answers; one that resets leaves nothing behind (R60, R86)', async (t) => {
  await limited({}, async (proxy) => {
    const client = await Client.open(proxy.url);
    client.send(simpleBind(ALICE, PASSWORD));
    const search = client.send(searchRequest({ base: ALICE, scope: Scope.baseObject }));
    client.end();
    t.equal((await client.answered(search)).length, 2);
    await client.closed();
    for (let i = 0; i < 50; i++) {
      const hasty = await Client.open(proxy.url);
      hasty.send(simpleBind(ALICE, `${PASSWORD}${i % 2 === 0 ? '' : 'x'}`));
      if (i % 3 === 0) hasty.send({ kind: 'unbindRequest' });
      hasty.destroy();
    }
    await eventually(() => proxy.app.readiness().connections === 0);
    t.ok(await isServed(proxy));
  });
});

t.test('floods of nonsense end their own connections alone (R54, R57, R59, R61)', async (t) => {
  await limited({ messageTime: '1s' }, async (proxy) => {
    const { port } = new URL(proxy.url);
    const flood = (octets: Buffer, times: number) =>
      new Promise<void>((resolve) => {
        const socket = connect({ port: Number(port), host: '127.0.0.1' });
        socket.on('error', () => {});
        socket.on('close', () => resolve());
        socket.resume();
        let left = times;
        const next = () => {
          if (left-- > 0 && socket.writable) socket.write(octets, next);
        };
        next();
      });
    const zeros = Buffer.alloc(1024 * 1024);
    const nested = Buffer.from('a2'.repeat(10_000), 'hex');
    await Promise.all([
      flood(zeros, 100),
      flood(Buffer.from('3084ffffffff020101', 'hex'), 1),
      flood(Buffer.from('30847fffffff020101', 'hex'), 1),
      flood(Buffer.from('3000'.repeat(50_000), 'hex'), 1),
      flood(Buffer.concat([Buffer.from('3082271c020101638227150400', 'hex'), nested]), 1),
      flood(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'), 1),
      flood(Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'), 1),
      flood(Buffer.from('PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n'), 1),
    ]);
    t.ok(await isServed(proxy));
    t.equal(proxy.log.filter((line) => line.includes('"defect"')).length, 0);
  });
});

t.test('searches have limits of number and time, which the client can only make smaller (R37)', async (t) => {
  await limited({ searchEntries: 5 }, async (proxy) => {
    const client = await Client.open(proxy.url);
    await client.bind(READER, READER_PASSWORD);
    for (const [sizeLimit, entries, code] of [
      [0, 5, 4],
      [2, 2, 4],
      [100, 5, 4],
    ] as const) {
      const found = await client.search({ base: BASE, filter: '(uid=*)', sizeLimit });
      t.equal(found.entries.length, entries);
      t.equal(found.result.code, code);
    }
    const exact = await client.search({ base: ALICE, scope: Scope.baseObject, sizeLimit: 1 });
    t.equal(exact.result.code, 0, 'exactly as many as allowed does not exceed it');
    const types = await client.search({
      base: ALICE,
      scope: Scope.baseObject,
      typesOnly: true,
      attributes: ['MAIL', 'cn'],
    });
    t.same(
      types.entries[0]?.attributes.map(({ type, values }) => [type, values.length]),
      [
        ['cn', 0],
        ['mail', 0],
      ],
    );
    client.destroy();
  });
});

t.test(
  'no more connections are opened upstream than configured, and nobody waits for somebody else’s slow one (R75, R86)',
  async (t) => {
    await withProxy({ upstream: { bindConnections: 2 } }, async (proxy) => {
      const clients = await Promise.all(Array.from({ length: 30 }, () => Client.open(proxy.url)));
      const codes = await Promise.all(clients.map((client) => client.bind(ALICE, PASSWORD)));
      t.ok(codes.every(({ code }) => code === 0));
      for (const client of clients) client.destroy();
    });
  },
);

t.test('a stop answers what is under way, says goodbye and ends with nobody left (R102)', async (t) => {
  const proxy = await startProxy(upstream, { binds: { cache: { ttl: '0s' } } });
  const idle = await Client.open(proxy.url);
  const busy = await Client.open(proxy.url);
  upstream.latency = 200;
  const before = upstream.counters.binds;
  const bind = busy.bind(ALICE, PASSWORD);
  await eventually(() => upstream.counters.binds > before);
  const stopped = proxy.stop();
  t.equal((await bind).code, 0, 'the bind under way is answered');
  await Promise.all([idle.closed(), busy.closed(), stopped]);
  upstream.latency = 0;
  t.match(idle.received.at(-1), { messageID: 0, op: { responseName: '1.3.6.1.4.1.1466.20036', result: { code: 52 } } });
  await t.rejects(Client.open(proxy.url), 'no new connection is accepted');
});

t.test(
  'a storm of equal logins costs one bind upstream, and one of wrong ones no more than allowed (R90, R95)',
  async (t) => {
    await withProxy({ binds: { cache: { ttl: '0s' }, refusedTtl: '0s' } }, async (proxy) => {
      const clients = await Promise.all(Array.from({ length: 30 }, () => Client.open(proxy.url)));
      upstream.latency = 100;
      const before = upstream.counters.binds;
      const right = await Promise.all(clients.map((client) => client.bind(ALICE, PASSWORD)));
      t.ok(right.every(({ code }) => code === 0));
      t.equal(upstream.counters.binds - before, 1);
      const wrong = await Promise.all(clients.map((client, i) => client.bind(ALICE, `wrong${i}`)));
      t.ok(wrong.every(({ code }) => code === 49));
      t.equal(upstream.counters.binds - before, 1 + 3);
      upstream.latency = 0;
      for (const client of clients) client.destroy();
    });
  },
);
