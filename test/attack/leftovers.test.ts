// What is left of passwords in the memory of the process, however they came and whatever became of them (R98).
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import t from 'tap';
import { Client } from '../support/client.js';
import { type Product, startProduct } from '../support/product.js';
import { eventually, userDN } from '../support/proxy.js';
import { bindWith, element, message, RawClient, sequence, text } from '../support/raw.js';
import { SmallUpstream } from '../support/small-upstream.js';

t.setTimeout(120_000);

const MARK = 'Lft7-';
/** How often each password is in the memory that the process has written to. */
function copies(pid: number): Map<string, number> {
  const found = new Map<string, number>();
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
    const [, start = '', end = '', rights = ''] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line) ?? [];
    if (!rights.startsWith('rw')) continue;
    const [from, to] = [Number.parseInt(start, 16), Number.parseInt(end, 16)];
    const chunk = Buffer.alloc(4 * 1024 * 1024);
    for (let at = from; at < to; at += chunk.length - 256) {
      let octets = 0;
      try {
        octets = readSync(memory, chunk, 0, Math.min(chunk.length, to - at), at);
      } catch {
        break; // a part that cannot be read
      }
      const seen = chunk.subarray(0, octets).toString('latin1');
      for (const [password] of seen.matchAll(new RegExp(`${MARK}[a-z ]+-kept-nowhere-round [abc]-Qz`, 'g')))
        found.set(password, (found.get(password) ?? 0) + 1);
    }
  }
  closeSync(memory);
  return found;
}

t.test('no copy that is ours is left of a password when its bind has ended', async (t) => {
  const upstream = await SmallUpstream.start([{ uid: 'alice', password: 'alice-secret' }]);
  t.teardown(() => upstream.stop());
  const product = await startProduct({
    upstream,
    folder: t.testdir(),
    set: ['binds.failuresPerAccount=1000', 'binds.failuresPerAddress=1000', 'upstream.operationTime=2s'],
  });
  t.teardown(() => product.stop());
  // What Node read with is not ours: it may leave a copy where it shortened its memory. It is seldom the same one twice.
  let always: readonly string[] | undefined;
  for (let round = 0; round < 3 && always?.length !== 0; round++) {
    await bindInEveryWay(product, upstream, `round ${'abc'[round]}`);
    const left = await leftIn(product.pid);
    always = always === undefined ? left : always.filter((what) => left.includes(what));
    t.comment(`left: ${left.join(', ') || 'nothing'}`);
  }
  t.same(always, []);
});

/** The cases of which passwords are left, once that is settled. */
async function leftIn(pid: number): Promise<string[]> {
  let found = copies(pid);
  await eventually(() => {
    found = copies(pid);
    return found.size === 0;
  }).catch(() => {});
  return [...new Set([...found.keys()].map((password) => password.split('-')[1] ?? ''))];
}

/** Sends passwords in every way that there is. */
async function bindInEveryWay(product: Product, upstream: SmallUpstream, round: string): Promise<void> {
  const passwordOf = (name: string) => `${MARK}${name}-kept-nowhere-${round}-Qz`;
  const version = '020103';
  const name = text(userDN('alice'));
  const bind = (what: string, ...controls: Buffer[]) =>
    message(1, bindWith(version, name, text(passwordOf(what), 0x80)), ...controls);
  const critical = element(0xa0, sequence(text('1.2.3'), '0101ff'));
  const whole: Readonly<Record<string, Buffer>> = {
    'a wrong one': bind('a wrong one'),
    'a critical control': bind('a critical control', critical),
    'something behind it': message(
      1,
      bindWith(version, name, text(passwordOf('something behind it'), 0x80), text('more')),
    ),
    'version two': message(1, bindWith('020102', name, text(passwordOf('version two'), 0x80))),
    'another method': message(1, bindWith(version, name, text(passwordOf('another method'), 0x87))),
    'a mechanism': message(
      1,
      bindWith(version, name, element(0xa3, text('CRAM-MD5'), text(passwordOf('a mechanism')))),
    ),
    'no such name': message(1, bindWith(version, text(userDN('nobody')), text(passwordOf('no such name'), 0x80))),
    'no user at all': message(
      1,
      bindWith(version, text('cn=none,dc=example,dc=com'), text(passwordOf('no user at all'), 0x80)),
    ),
    'a change of password': message(
      1,
      element(
        0x77,
        text('1.3.6.1.4.1.4203.1.11.1', 0x80),
        element(0x81, sequence(text(passwordOf('a change of password'), 0x82))),
      ),
    ),
    'an invalid message ID': message(0, bindWith(version, name, text(passwordOf('an invalid message ID'), 0x80))),
    'behind an unbind': Buffer.concat([message(9, '4200'), bind('behind an unbind')]),
  };
  for (const octets of Object.values(whole)) {
    const client = await RawClient.open(product.url);
    client.write(octets);
    await client.until(() => client.received.length > 0);
    client.socket.destroy();
  }
  // Byte by byte, and in two parts: copies are made to join them.
  for (const [what, cut] of [
    ['in two parts', 60],
    ['byte by byte', 1],
  ] as const) {
    const client = await RawClient.open(product.url);
    const octets = bind(what);
    for (let at = 0; at < octets.length; at += cut) {
      client.socket.write(octets.subarray(at, at + cut));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await client.until(() => client.received.length > 0);
    client.socket.destroy();
  }
  // Half a bind, and its client leaves.
  const half = await RawClient.open(product.url);
  half.write(bind('only half of it').subarray(0, -4));
  await eventually(async () => (await product.connections()) >= 1);
  half.socket.destroy();
  // Its client leaves while the upstream is asked.
  const asked = upstream.requests.length;
  upstream.instead.bind = () => [];
  const left = await RawClient.open(product.url);
  left.write(bind('its client left'));
  await eventually(() => upstream.requests.length > asked);
  left.socket.destroy();
  // And the upstream never answers: the bind ends with its time.
  const late = await Client.open(product.url);
  await late.bind(userDN('alice'), passwordOf('no answer'));
  late.destroy();
  upstream.instead = {};
  const right = await Client.open(product.url);
  await right.bind(userDN('alice'), 'alice-secret');
  // Node reads into memory of its own, shortens it by a copy and uses it again: what comes next takes its place.
  for (let i = 0; i < 20; i++)
    await right.search({ base: userDN('alice'), filter: `(description=${'x'.repeat(50_000)})` });
  right.destroy();
}
