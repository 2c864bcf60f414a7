// Valid requests without end, before any bind and after it: what a client sends waits in its own buffers, and not in our memory (R61, R67, R69).
import { connect, type Socket } from 'node:net';
import t from 'tap';
import { type Request, Scope } from '../../src/ldap/message.js';
import { encodeMessage } from '../../src/wire/encode.js';
import { Client, searchRequest, simpleBind } from '../support/client.js';
import { type Product, startProduct } from '../support/product.js';
import { BASE, userDN } from '../support/proxy.js';
import { SmallUpstream } from '../support/small-upstream.js';

const MEMBER = userDN('quillon.varrek');
const PASSWORD = 'user-secret-5001';
const OCTETS = 200 * 1024 * 1024;
/**
 * MiB: the bytes that the last reads of the socket brought lie in Buffers of 64 KiB, which outlive some collections of the young space; the
 * collector takes them in its own time. Without back-pressure it is 200 MiB and more.
 */
const MOST = 96;
/** Milliseconds that one flood lasts at most. Without back-pressure 200 MB are gone in a third of a second. */
const LONGEST = 700;

const upstream = await SmallUpstream.start([{ uid: 'quillon.varrek', password: PASSWORD }]);
const product = await startProduct({ upstream, folder: t.testdir({}) });
t.teardown(async () => {
  await product.stop();
  await upstream.stop();
});

/** Writes the bytes again and again until 200 MB are sent, the time is over or the connection is closed; reads all answers, or none. */
async function flood(
  octets: Buffer,
  { reads = true, first }: { reads?: boolean; first?: Buffer } = {},
): Promise<number> {
  const block = Buffer.concat(Array.from({ length: Math.ceil(65_536 / octets.length) }, () => octets));
  const socket = connect(Number(new URL(product.url).port), '127.0.0.1');
  socket.on('error', () => {});
  if (reads) socket.resume();
  else socket.pause();
  let sent = 0;
  if (first !== undefined) socket.write(first);
  const late = performance.now() + LONGEST;
  while (sent < OCTETS && performance.now() < late && !socket.destroyed) {
    sent += block.length;
    if (!socket.write(block)) await drained(socket, late - performance.now());
  }
  socket.destroy();
  return sent;
}

function drained(socket: Socket, time: number): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      clearTimeout(timer);
      socket.off('drain', go);
      socket.off('close', go);
      resolve();
    };
    const timer = setTimeout(go, Math.max(0, time));
    socket.once('drain', go);
    socket.once('close', go);
  });
}

/** MiB more than before that the product held at most while this lasted. */
async function growth(product: Product, work: () => Promise<unknown>): Promise<number> {
  const before = product.memory();
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, product.memory());
  }, 20);
  await work();
  clearInterval(timer);
  return Math.max(most, product.memory()) - before;
}

const message = (op: Request) => encodeMessage({ messageID: 7, op });
const extended = (requestName: string) => message({ kind: 'extendedRequest', requestName });
const bound = message(simpleBind(MEMBER, PASSWORD));

/** Each of them ends immediately. */
const KINDS: readonly { readonly name: string; readonly octets: Buffer; readonly first?: Buffer }[] = [
  { name: 'abandons', octets: message({ kind: 'abandonRequest', messageID: 3 }) },
  { name: 'anonymous binds', octets: message(simpleBind('', '')) },
  { name: 'binds without a password', octets: message(simpleBind(MEMBER, '')) },
  { name: 'Who am I', octets: extended('1.3.6.1.4.1.4203.1.11.3') },
  { name: 'unknown extended operations', octets: extended('1.2.3.4') },
  { name: 'cancels of nothing', octets: extended('1.3.6.1.1.8') },
  { name: 'reads of the root DSE', octets: message(searchRequest({ base: '', scope: Scope.baseObject })) },
  { name: 'searches as nobody', octets: message(searchRequest({ base: BASE })) },
  {
    name: 'compares',
    octets: message({ kind: 'compareRequest', entry: BASE, attribute: 'dc', value: Buffer.from('x') }),
  },
  { name: 'deletes', octets: message({ kind: 'delRequest', entry: BASE }) },
  { name: 'malformed requests in a good envelope', octets: Buffer.from('30070201076302ffff', 'hex') },
  { name: 'long requests', octets: message(searchRequest({ base: '', attributes: ['x'.repeat(60_000)] })) },
  {
    name: 'searches as a member',
    octets: message(searchRequest({ base: MEMBER, scope: Scope.baseObject })),
    first: bound,
  },
  { name: 'abandons as a member', octets: message({ kind: 'abandonRequest', messageID: 3 }), first: bound },
];

// What the runtime needs once, for itself.
for (const { octets, first } of KINDS) await flood(octets, first === undefined ? {} : { first });

for (const kind of KINDS) {
  const { name, octets, first } = kind;
  t.test(`two hundred MB of ${name} on one connection are held at a level (R105)`, async (t) => {
    for (const reads of KINDS.indexOf(kind) < 4 ? [true, false] : [true]) {
      const attack = () => flood(octets, { reads, ...(first === undefined ? {} : { first }) });
      // What grows without a limit grows each time; what the runtime takes for itself, it takes once.
      const tries: number[] = [];
      do tries.push(await growth(product, attack));
      while (tries.length < 3 && tries.at(-1)! > MOST);
      const told = tries.map((grown) => grown.toFixed(1)).join(', ');
      t.ok(tries.at(-1)! <= MOST, `${reads ? 'all answers read' : 'no answer read'}: ${told} MiB more`);
    }
    const client = await Client.open(product.url);
    t.equal((await client.bind(MEMBER, PASSWORD)).code, 0, 'others are let in afterwards');
    client.destroy();
  });
}

t.test('the same on two hundred connections stays below 128 MiB in all (R105)', async (t) => {
  for (const { name, octets } of KINDS.slice(0, 4)) {
    const grown = await growth(product, () => Promise.all(Array.from({ length: 200 }, () => flood(octets))));
    t.ok(grown <= 128, `${name}: ${grown.toFixed(1)} MiB more`);
  }
  t.ok(product.isAlive());
});
