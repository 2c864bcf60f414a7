// Attacks on resources, with the product in a process of its own: while they last others are served, and afterwards everything is given back.
// The order shows that others are served: a number of operations were answered before the attack was over. Times are printed, not judged.
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { Scope } from '../../src/ldap/message.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { Bystander, type Fared, serve } from '../support/bystander.js';
import { Client, searchRequest, simpleBind } from '../support/client.js';
import { type Product, startProduct } from '../support/product.js';
import { BASE, eventually, userDN } from '../support/proxy.js';
import { SmallUpstream } from '../support/small-upstream.js';

const ALICE = userDN('quillon.varrek');
const PASSWORD = 'user-secret-5001';
const READER = userDN('ldap-reader');
const READER_PASSWORD = 'reader-secret-5000';
/** Milliseconds that no single operation may take, however busy this machine is with other things. */
const GENEROUS = 20_000;

const bystander = await Bystander.start();
const { upstream } = bystander;
const authority = await makeAuthority();
const tls = await authority.issue(['localhost', '127.0.0.1']);
const product = await startProduct({
  upstream,
  folder: t.testdir({}),
  tls,
  set: [
    'listen.limits.connections=12000',
    'listen.limits.connectionsPerAddress=12000',
    'listen.limits.unboundPerAddress=12000',
    'listen.limits.handshakeTime=3s',
    'binds.cache.ttl=0s',
    'binds.failuresPerAccount=100000',
    'binds.failuresPerAddress=1000000',
  ],
});
const alice = { name: ALICE, password: PASSWORD };
await serve(await Client.open(product.url), alice);
await product.loopDelay();
const calm = { memory: product.memory(), descriptors: product.descriptors() };
t.teardown(async () => {
  await product.stop();
  await bystander.stop();
});

function openSocket(url: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
    socket.once('connect', () => resolve(socket));
    socket.on('error', () => resolve(undefined));
  });
}

interface Endured extends Fared {
  /** How late the product's event loop was at most, in milliseconds. */
  readonly late: number;
}

async function during(attack: () => Promise<unknown>, one = product): Promise<Endured> {
  await one.loopDelay();
  const fared = await bystander.during(attack, { url: one.url, ...alice });
  return { ...fared, late: await one.loopDelay() };
}

const told = ({ served, p95, slowest, late }: Endured) =>
  `${served} times a bind and a search meanwhile, 95th percentile ${p95.toFixed(1)} ms, slowest ${slowest.toFixed(1)} ms; ` +
  `longest turn of the event loop ${late.toFixed(1)} ms`;

/** What a client of this Node says first. */
function clientHello(): Promise<Buffer> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (hello) => {
        server.close();
        socket.destroy();
        resolve(hello);
      });
    });
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      connectTls({ port, host: '127.0.0.1' }).on('error', () => {});
    });
  });
}

/** Connections upstream that may be open still, for the next logins: `upstream.bindConnections`, and some that are being replaced. */
const WARM = 32 + 4;
/** Waits until the product has as few descriptors as it had in calm. */
const isGivenBack = (one: Product, descriptors: number) => eventually(() => one.descriptors() <= descriptors + WARM);

/** Waits for a second in which it used less than a twentieth of one; the first ones may still be tidying up. Returns the share of a CPU. */
async function idleShare(one: Product): Promise<number> {
  let share = 1;
  await eventually(async () => {
    const [used, since] = [one.cpu(), performance.now()];
    await new Promise((resolve) => setTimeout(resolve, 1000));
    share = (one.cpu() - used) / ((performance.now() - since) / 1000);
    return share < 0.05;
  });
  return share;
}

/** Hard limit of this process, which Node makes its own. */
const allowed = Number(/Max open files\s+\d+\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 1024);

t.test('ten thousand idle connections keep nobody from being served, and are given back (R71, R73)', async (t) => {
  const count = Math.min(10_000, allowed - 1000);
  const idle: Socket[] = [];
  const fared = await during(async () => {
    while (idle.length < count) {
      const opened = await Promise.all(Array.from({ length: 250 }, () => openSocket(product.url)));
      idle.push(...opened.filter((socket) => socket !== undefined));
      if (opened.includes(undefined)) throw new Error(`the system gave ${idle.length} connections`);
    }
  });
  await eventually(async () => (await product.connections()) >= count);
  const grown = product.memory() - calm.memory;
  t.comment(`${idle.length} idle connections: ${grown.toFixed(0)} MiB more; while they came ${told(fared)}`);
  t.ok(grown < 400, `${grown.toFixed(0)} MiB more`);
  t.ok(fared.served > 0 && fared.slowest < GENEROUS, 'served while they came');
  const newcomer = await Client.open(product.url);
  const times: number[] = [];
  for (let i = 0; i < 20; i++) times.push(await serve(newcomer, alice));
  newcomer.destroy();
  t.comment(`while they stay: at most ${Math.max(...times).toFixed(1)} ms`);
  t.ok(Math.max(...times) < GENEROUS, 'served while they stay');
  const anything = encodeMessage({ messageID: 1, op: searchRequest({ scope: Scope.baseObject }) });
  const crowd = await during(() =>
    Promise.all(
      idle.map(
        (socket) =>
          new Promise<void>((resolve) => {
            socket.once('data', () => resolve());
            socket.write(anything);
          }),
      ),
    ),
  );
  t.comment(`all of them ask at the same time: ${told(crowd)}`);
  t.ok(crowd.served > 0 && crowd.slowest < GENEROUS, 'served while all of them ask');
  for (const socket of idle) socket.resetAndDestroy();
  const back = performance.now();
  t.ok((await serve(await Client.open(product.url), alice)) < GENEROUS, 'a new client is served when they go');
  const after = (performance.now() - back).toFixed(0);
  t.comment(
    `a new client was served ${after} ms after they went; longest turn ${(await product.loopDelay()).toFixed(1)} ms`,
  );
  await isGivenBack(product, calm.descriptors);
  t.pass('their descriptors are given back');
});

t.test('three thousand connects at the same time, and as many again, leave others served (R72)', async (t) => {
  for (let wave = 0; wave < 2; wave++) {
    const sockets: (Socket | undefined)[] = [];
    const fared = await during(async () => {
      sockets.push(...(await Promise.all(Array.from({ length: 3000 }, () => openSocket(product.url)))));
      // Each of them gets an answer as well, so that the flood is through the listener and not only in the kernel.
      await Promise.all(
        sockets.map(
          (socket) =>
            new Promise<void>((resolve) => {
              if (socket === undefined) return resolve();
              socket.once('data', () => resolve());
              socket.once('close', () => resolve());
              socket.write(encodeMessage({ messageID: 1, op: searchRequest({ scope: Scope.baseObject }) }));
            }),
        ),
      );
    });
    t.equal(sockets.filter((socket) => socket !== undefined).length, 3000);
    t.comment(`3,000 connects: ${told(fared)}`);
    t.ok(fared.served > 0 && fared.slowest < GENEROUS, 'served before the flood was over');
    for (const socket of sockets) socket?.resetAndDestroy();
  }
  await isGivenBack(product, calm.descriptors);
});

t.test('fifteen hundred cut TLS handshakes disturb nobody and leave nothing (R63, R72)', async (t) => {
  const hello = Buffer.from('160301007a010000760303', 'hex');
  const attack = async () => {
    for (let i = 0; i < 15; i++) {
      await Promise.all(
        Array.from({ length: 100 }, async (_, j) => {
          const socket = await openSocket(product.ldapsUrl);
          if (socket === undefined) return;
          await new Promise<void>((resolve) => socket.write(hello.subarray(0, j % hello.length), () => resolve()));
          if (j % 2 === 0) socket.resetAndDestroy();
          else socket.destroy();
        }),
      );
    }
  };
  const fared = await during(attack);
  t.comment(`1,500 cut handshakes: ${told(fared)}`);
  t.ok(fared.served > 0 && fared.slowest < GENEROUS);
  const secure = await Client.open({ port: Number(new URL(product.ldapsUrl).port), tls: true, ca: authority.caPem });
  t.ok((await serve(secure, alice)) < GENEROUS, 'TLS is served afterwards');
  secure.destroy();
  await isGivenBack(product, calm.descriptors);
});

t.test('a thousand TLS handshakes begun in the same instant delay nobody for long (R63, R72)', async (t) => {
  const hello = await clientHello();
  const sockets = await Promise.all(Array.from({ length: 1000 }, () => openSocket(product.ldapsUrl)));
  const fared = await during(() =>
    Promise.all(
      sockets.map(
        (socket) =>
          new Promise<void>((resolve) => {
            socket?.once('data', () => resolve());
            socket?.write(hello);
          }),
      ),
    ),
  );
  t.comment(`1,000 handshakes at the same time: ${told(fared)}`);
  t.ok(fared.served > 0 && fared.slowest < GENEROUS, 'served meanwhile');
  for (const socket of sockets) socket?.resetAndDestroy();
  await isGivenBack(product, calm.descriptors);
});

t.test(
  'a storm of binds on one account and costly searches of others leave a good client served (R72, R75)',
  async (t) => {
    const costly = searchRequest({ base: BASE, filter: `(|${'(cn=*a*b*c*)(!(description=*x*))'.repeat(100)})` });
    const storm = () =>
      Array.from({ length: 20 }, async (_, i) => {
        const client = await Client.open(product.url);
        for (let j = 0; j < 20; j++) await client.bind(userDN('mirelle.oskand'), `wrong ${i} ${j}`);
        client.destroy();
      });
    const searches = () =>
      Array.from({ length: 10 }, async () => {
        const client = await Client.open(product.url);
        await client.bind(READER, READER_PASSWORD);
        const ids = Array.from({ length: 40 }, () => client.send(costly));
        for (const id of ids) await client.answered(id);
        client.destroy();
      });
    const fared = await during(() => Promise.all([...storm(), ...searches()]));
    t.comment(`400 wrong binds and 400 costly searches: ${told(fared)}`);
    t.ok(fared.served > 0 && fared.slowest < GENEROUS);
  },
);

t.test(
  'two hundred clients that send one byte at a time delay nobody, and are answered in the end (R68)',
  async (t) => {
    const octets = encodeMessage({ messageID: 1, op: simpleBind('', '') });
    const slow = await Promise.all(Array.from({ length: 200 }, () => Client.open(product.url)));
    let sent = 0;
    /** True when all but the last byte are on their way. */
    const trickle = async () => {
      for (; sent < octets.length - 1; sent++) {
        for (const client of slow) client.write(octets.subarray(sent, sent + 1));
        await new Promise((resolve) => setTimeout(resolve, 40));
      }
    };
    const fared = await during(trickle);
    t.comment(`200 slow senders: ${told(fared)}`);
    t.ok(fared.served > 10 && fared.slowest < GENEROUS, 'served while they were sending');
    t.ok(
      slow.every(({ isClosed, received }) => !isClosed && received.length === 0),
      'none was done yet',
    );
    for (const client of slow) client.write(octets.subarray(-1));
    await Promise.all(slow.map((client) => client.answered(1)));
    for (const client of slow) client.destroy();
  },
);

t.test(
  'fifteen hundred short connections and ten thousand unknown names leave no descriptor and no memory behind (R73)',
  async (t) => {
    const round = async (from: number, count: number) => {
      await Promise.all(
        Array.from({ length: 50 }, async (_, i) => {
          for (let j = 0; j < count / 50; j++) {
            const client = await Client.open(product.url);
            const ids = Array.from({ length: 7 }, (_, k) =>
              client.send(simpleBind(`nobody-${from}-${i}-${j}-${k}`, 'x')),
            );
            for (const id of ids) await client.answered(id);
            if (j % 2 === 0) client.send({ kind: 'unbindRequest' });
            client.destroy();
          }
        }),
      );
    };
    await round(0, 500);
    const before = product.memory();
    await during(() => round(1, 1500));
    const grown = product.memory() - before;
    t.comment(`1,500 connections with 10,500 binds of unknown names: ${grown.toFixed(0)} MiB more`);
    t.ok(grown < 100, `${grown.toFixed(0)} MiB more`);
    await isGivenBack(product, calm.descriptors);
  },
);

t.test('after all this the process is idle when nothing is asked of it (R74)', async (t) => {
  await eventually(async () => (await product.connections()) <= 2);
  const share = await idleShare(product);
  t.comment(`${(share * 100).toFixed(1)} % CPU when idle`);
  t.ok(share < 0.05);
  t.ok(product.isAlive());
  t.same(
    product.log.filter((line) => line.includes('defect')),
    [],
  );
});

t.test(
  'out of descriptors, those who are in are served, and others as soon as there are some again (R71)',
  async (t) => {
    const narrow = await startProduct({ upstream, folder: t.testdir({}), descriptors: 120 });
    t.teardown(() => narrow.stop());
    const inside = await Client.open(narrow.url);
    await serve(inside, alice);
    const crowd = await Promise.all(Array.from({ length: 400 }, () => openSocket(narrow.url)));
    await eventually(() => narrow.descriptors() >= 115);
    // Nothing new can be opened, neither here nor upstream; what is open goes on.
    t.equal((await inside.search({ base: ALICE, scope: Scope.baseObject })).entries.length, 1);
    for (const socket of crowd) socket?.destroy();
    await eventually(async () => {
      const client = await Client.open(narrow.url).catch(() => undefined);
      if (client === undefined) return false;
      const isServed = await serve(client, alice).then(
        () => true,
        () => false,
      );
      client.destroy();
      return isServed;
    });
    t.ok(narrow.isAlive());
    inside.destroy();
  },
);

t.test(
  'clients that do not read an answer of tens of megabytes cost no more than what may wait for them (R69, R70)',
  async (t) => {
    const size = 1024 * 1024;
    const photos = Array.from({ length: 32 }, (_, i) => ({
      uid: i === 0 ? 'quillon.varrek' : `person-${i}`,
      password: PASSWORD,
      more: [{ type: 'jpegPhoto', values: [Buffer.alloc(size, i)] }],
    }));
    const large = await SmallUpstream.start(photos);
    t.teardown(() => large.stop());
    // At debug no line is summed up: each of them is waited for.
    const set = [
      ...['listen.limits.messageTime=4s', 'directory.refresh=10m', 'directory.membershipAge=10m'],
      'log.level=debug',
    ];
    const heavy = await startProduct({ upstream: large, folder: t.testdir({}), set });
    t.teardown(() => heavy.stop());
    const other = await Client.open(heavy.url);
    await serve(other, alice);
    const before = heavy.memory();
    const everything = searchRequest({ base: BASE, attributes: ['*'] });
    const octets = Buffer.concat([
      encodeMessage({ messageID: 1, op: simpleBind(READER, READER_PASSWORD) }),
      ...Array.from({ length: 10 }, (_, i) => encodeMessage({ messageID: i + 2, op: everything })),
    ]);
    const deaf = await Promise.all(Array.from({ length: 8 }, () => openSocket(heavy.url)));
    let most = 0;
    const deafness = () =>
      Promise.all(
        deaf.map(async (socket) => {
          if (socket === undefined) throw new Error('no connection');
          socket.pause();
          socket.write(octets);
          await eventually(() => {
            most = Math.max(most, heavy.memory() - before);
            return heavy.log.filter((line) => line.includes('client does not read')).length === deaf.length;
          });
        }),
      );
    const fared = await during(deafness, heavy);
    t.comment(`8 deaf clients, 2.5 GiB asked for: ${most.toFixed(0)} MiB more at most; ${told(fared)}`);
    t.ok(most < 250, `${most.toFixed(0)} MiB more at most`);
    t.ok(fared.served > 10 && fared.slowest < GENEROUS);
    for (const socket of deaf) socket?.destroy();
    await eventually(async () => (await heavy.connections()) === 1);
    // A client that reads gets all of it, while others are served.
    const reading = await Client.open(heavy.url);
    await reading.bind(READER, READER_PASSWORD);
    const all = reading.search({ base: BASE, filter: '(uid=*)', attributes: ['jpegPhoto'] });
    t.ok((await during(() => all, heavy)).slowest < GENEROUS);
    const octetsRead = (await all).entries.reduce(
      (sum, { attributes }) => sum + (attributes[0]?.values[0]?.length ?? 0),
      0,
    );
    t.equal(octetsRead, photos.length * size);
    reading.destroy();
    other.destroy();
  },
);

t.test('without its upstream the process waits and does not spin (R74, R101)', async (t) => {
  const gone = await SmallUpstream.start([{ uid: 'quillon.varrek', password: PASSWORD }]);
  const left = await startProduct({ upstream: gone, folder: t.testdir({}), set: ['directory.refresh=1s'] });
  t.teardown(() => left.stop());
  await gone.stop();
  const client = await Client.open(left.url);
  t.equal((await client.bind(ALICE, PASSWORD)).code, 52);
  await eventually(() => left.log.some((line) => line.includes('"cannot read JumpCloud')));
  const share = await idleShare(left);
  t.comment(`${(share * 100).toFixed(1)} % CPU without an upstream`);
  t.ok(share < 0.05);
  t.ok(left.isAlive());
  client.destroy();
});
