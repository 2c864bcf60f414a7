// Many clients that keep little each: unfinished messages, answers that nobody reads, binds that wait. What they hold together is bounded (R105).
import { connect, type Socket } from 'node:net';
import t from 'tap';
import { type Request, Scope } from '../../src/ldap/message.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { Client, searchRequest, simpleBind } from '../support/client.js';
import { type Product, startProduct } from '../support/product.js';
import { eventually, userDN } from '../support/proxy.js';
import { SmallUpstream } from '../support/small-upstream.js';

const MEMBER = userDN('quillon.varrek');
const PASSWORD = 'user-secret-5001';
/** Addresses of this machine, and connections that each tries to hold. */
const ADDRESSES = 3;
const CONNECTIONS = 1500;
/**
 * MiB: 64 for what is counted (`listen.limits.keptBytesInAll`), what 3,000 strangers may hold uncounted (a connection takes 20 KiB and
 * more), and what is not collected yet of the reads that brought it. Without the limits it is 300 and more, and grows with each client.
 */
const MOST = 220;

const upstream = await SmallUpstream.start([{ uid: 'quillon.varrek', password: PASSWORD }]);
t.teardown(() => upstream.stop());

/** Opens all connections, each with these bytes, and reads nothing. */
async function crowd(product: Product, octets: Buffer): Promise<Socket[]> {
  const port = Number(new URL(product.url).port);
  const open = (i: number) =>
    new Promise<Socket>((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', localAddress: `127.0.1.${1 + (i % ADDRESSES)}` });
      socket.on('error', () => resolve(socket));
      socket.once('connect', () => socket.pause().write(octets, () => resolve(socket)));
    });
  const all: Socket[] = [];
  for (let i = 0; i < ADDRESSES * CONNECTIONS; i += 250)
    all.push(...(await Promise.all(Array.from({ length: 250 }, (_, j) => open(i + j)))));
  return all;
}

const message = (op: Request, messageID = 7) => encodeMessage({ messageID, op });
const bind = message(simpleBind(MEMBER, 'x'.repeat(65_000)));
const subschema = message(searchRequest({ base: 'cn=Subschema', scope: Scope.baseObject, attributes: ['+', '*'] }));

const CROWDS: Readonly<Record<string, { readonly octets: Buffer; readonly isAnswered?: boolean }>> = {
  'a message each without its last byte': { octets: bind.subarray(0, -1) },
  'long answers that nobody reads': { octets: Buffer.concat(Array.from({ length: 200 }, () => subschema)) },
  'binds of unknown names with long passwords, while the upstream is silent': {
    octets: message(simpleBind(userDN('nobody'), 'x'.repeat(60_000))),
    isAnswered: false,
  },
};

for (const [what, { octets, isAnswered = true }] of Object.entries(CROWDS)) {
  t.test(`${what}: memory stays below a level, and others are let in (R105, R110)`, { timeout: 120_000 }, async (t) => {
    const product = await startProduct({
      upstream,
      folder: t.testdir(),
      set: ['directory.refresh=10m', 'directory.membershipAge=10m'],
    });
    t.teardown(() => product.stop());
    if (!isAnswered) upstream.instead.search = () => true;
    const before = product.memory();
    const sockets = await crowd(product, octets);
    let most = before;
    const until = performance.now() + 3000;
    await eventually(() => {
      most = Math.max(most, product.memory());
      return performance.now() > until;
    });
    t.comment(`${Math.round(most - before)} MiB more, ${await product.connections()} connections`);
    t.ok(most - before <= MOST, `${Math.round(most - before)} MiB more`);
    const client = await Client.open(product.url);
    t.equal((await client.bind(MEMBER, PASSWORD)).code, 0);
    client.destroy();
    for (const socket of sockets) socket.destroy();
    upstream.instead = {};
    await eventually(async () => (await product.connections()) === 0);
    t.ok(product.isAlive());
  });
}
