// Upstream addresses that fail and come back: who is asked, how long it takes, and what is sent twice and what is not.
import type { LookupAddress } from 'node:dns';
import { performance } from 'node:perf_hooks';
import fc from 'fast-check';
import t from 'tap';
import { CoalescedTimer } from '../../src/runtime/coalesced-timer.js';
import { LinkedQueue, Queued } from '../../src/runtime/linked-queue.js';
import { AddressBook } from '../../src/upstream/address-book.js';
import { Dialer } from '../../src/upstream/dialer.js';
import { parseEndpoint } from '../../src/upstream/endpoint.js';
import { EndpointHealth } from '../../src/upstream/health.js';
import { hedgedAttempts } from '../../src/upstream/hedged-attempts.js';
import { IdleLimit } from '../../src/upstream/idle-limit.js';
import { ReaderBackoff } from '../../src/upstream/reader-backoff.js';
import { answering, bindResponse, FakeUpstream, type Script, silent, testAuthority } from '../support/fake-upstream.js';
import { poolFor, started, verify } from '../support/pool.js';
import { eventually } from '../support/proxy.js';

const took = async (work: Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  await work;
  return performance.now() - startedAt;
};

const reset: Script = (_message, socket) => void socket.destroy();
const garbage: Script = (_message, socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');

t.test(
  'of two addresses the one that works is used, whatever ails the other, and the first again when it is back (R82)',
  async (t) => {
    for (const [name, script] of [
      ['hangs', silent],
      ['resets', reset],
      ['talks garbage', garbage],
      ['is busy', answering(51)],
      ['is unavailable', answering(52)],
    ] as const) {
      const [first, second] = [await started(t, script), await started(t, answering(0))];
      const pool = poolFor(t, [first, second], { operationTime: 400, connectTime: 400 });
      const verdict = await verify(pool);
      t.ok(
        verdict.kind === 'accepted' || verdict.kind === 'trouble',
        `${name}: the bind that finds out is not a wrong password`,
      );
      const before = first.binds.length;
      for (let i = 0; i < 20; i++) {
        const startedAt = performance.now();
        t.same(await verify(pool), { kind: 'accepted' }, name);
        if (performance.now() - startedAt > 1000) t.fail(`${name}: a later bind paid for the first address again`);
      }
      t.equal(first.binds.length, before, `${name}: no bind is sent to an address that ails`);
      first.script = answering(0);
      await eventually(async () => {
        await verify(pool);
        return first.binds.length > before;
      });
      t.pass(`${name}: and used again`);
      pool.close();
    }
  },
);

t.test('no bind reports that nothing can be reached before each address was tried again (R82)', async (t) => {
  for (const last of ['refused', 'hangs'] as const) {
    const second = await started(t, answering(0));
    const first = await FakeUpstream.start(answering(0));
    const [port, urls] = [first.port, [first.url, second.url]];
    await first.stop();
    // Made beforehand: it takes longer than the pool to look at the first again on its own.
    const certificate = await (await testAuthority()).issue(['localhost']);
    const pool = poolFor(t, [second], { urls });
    t.same(await verify(pool), { kind: 'accepted' }, 'the second serves while the first is away');
    // The first comes back, the second goes: nobody has noticed yet.
    const back = await FakeUpstream.start(answering(0), { port, certificate });
    t.teardown(() => back.stop());
    if (last === 'refused') await second.stop();
    else {
      second.script = silent;
      second.endConnections();
      await eventually(() => pool.state().open === 0);
    }
    if (last === 'refused') t.same(await verify(pool), { kind: 'accepted' }, 'the next login');
    const many = await Promise.all(Array.from({ length: 20 }, () => verify(pool)));
    if (last === 'refused') t.same(many, Array(20).fill({ kind: 'accepted' }));
    t.ok(back.connections <= 8, `${back.connections} connects for 21 binds`);
    t.same(await verify(pool), { kind: 'accepted' }, last);
    pool.close();
  }
});

t.test('a connect that began before the address was found to ail is a trial like any other (R82)', async (t) => {
  const held: (() => void)[] = [];
  let dials = 0;
  class Late extends Dialer {
    override dial(...args: Parameters<Dialer['dial']>) {
      const socket = super.dial(...args);
      if (++dials !== 2) return socket;
      const emit = socket.emit.bind(socket) as (...args: unknown[]) => boolean;
      socket.emit = (event: string, ...args: unknown[]) =>
        event === 'secureConnect' ? held.push(() => emit(event, ...args)) > 0 : emit(event, ...args);
      return socket;
    }
  }
  const upstream = await started(t, ({ op, messageID }, socket) => {
    if (op.kind === 'bindRequest' && op.name === '') socket.write(bindResponse(messageID, 0));
  });
  const dialer = new Late({ ca: upstream.caPem });
  const pool = poolFor(t, [upstream], { dialer, size: 2, operationTime: 400, connectTime: 60_000 });
  const [first, second] = [verify(pool), verify(pool)];
  await eventually(() => held.length === 1 && upstream.binds.length === 1);
  t.match(await first, { kind: 'trouble', reason: 'upstream-timeout' });
  await second;
  const before = upstream.anonymousBinds;
  for (const open of held) open();
  await eventually(() => upstream.anonymousBinds > before);
  t.equal(upstream.binds.length, 1, 'no login is sent before the address has answered');
});

t.test('with each address refused, binds are answered soon, and few connects are made for many of them', async (t) => {
  let connects = 0;
  const gone = await Promise.all([1, 2, 3].map(() => FakeUpstream.start(silent)));
  for (const each of gone) await each.stop();
  class Counting extends Dialer {
    override dial(...args: Parameters<Dialer['dial']>) {
      connects++;
      return super.dial(...args);
    }
  }
  const pool = poolFor(t, gone, { dialer: new Counting({}), operationTime: 60_000 });
  const one = await verify(pool);
  t.match(one, { kind: 'trouble', code: 52 });
  t.ok(connects >= 3 && connects <= 9, `${connects} connects before the first is answered`);
  connects = 0;
  const many = await Promise.all(Array.from({ length: 200 }, () => verify(pool)));
  t.ok(many.every((verdict) => verdict.kind === 'trouble'));
  t.ok(connects >= 3 && connects <= 60, `${connects} connects for 200 binds`);
});

t.test('an address that hangs keeps nobody from the one that is back', async (t) => {
  const [hanging, other] = [await started(t, silent), await FakeUpstream.start(answering(0))];
  const { port } = other;
  await other.stop();
  const pool = poolFor(t, [hanging], { urls: [hanging.url, other.url], operationTime: 60_000, connectTime: 30_000 });
  // Both are found to ail: the one does not answer the bind that probes it.
  const lost = verify(pool);
  await eventually(() => hanging.binds.length === 1);
  hanging.dropConnections();
  t.match(await lost, { kind: 'trouble' });
  const back = await FakeUpstream.start(answering(0), { port });
  t.teardown(() => back.stop());
  t.same(await verify(pool), { kind: 'accepted' });
});

t.test(
  'an address that refuses costs nobody a bind; one that hangs while it is connected to costs a moment',
  async (t) => {
    const gone = await FakeUpstream.start(silent);
    await gone.stop();
    const second = await started(t, answering(0));
    const pool = poolFor(t, [gone, second]);
    const verdicts = await Promise.all(Array.from({ length: 20 }, () => verify(pool)));
    t.ok(verdicts.every(({ kind }) => kind === 'accepted'));
    const deaf = await started(t, silent, { cleartext: true });
    const patient = poolFor(t, [second], {
      urls: [`ldaps://localhost:${deaf.port}`, second.url],
      connectTime: 20_000,
      operationTime: 20_000,
    });
    t.ok((await took(verify(patient))) < 10_000, 'the other is not asked only after the whole connect time');
  },
);

t.test('after an outage of any kind the next bind works, within two seconds of the return (R80, R81)', async (t) => {
  const upstream = await started(t, answering(0));
  const pool = poolFor(t, [upstream], { operationTime: 300, connectTime: 300 });
  for (const [name, script] of [
    ['hangs', silent],
    ['resets', reset],
    ['talks garbage', garbage],
    ['is unavailable', answering(52)],
  ] as const) {
    t.same(await verify(pool), { kind: 'accepted' });
    upstream.script = script;
    const during = await Promise.all(Array.from({ length: 10 }, () => verify(pool)));
    t.ok(
      during.every(({ kind }) => kind === 'trouble'),
      `${name}: trouble for all, and nothing else`,
    );
    upstream.script = answering(0);
    let isBack = false;
    const back = took(
      eventually(async () => {
        isBack = (await verify(pool)).kind === 'accepted';
        return isBack;
      }),
    );
    t.ok((await back) < 2000 && isBack, `${name}: back`);
  }
});

t.test('while no address is up, binds learn so soon, and one trial at a time is made for all of them', async (t) => {
  const upstream = await started(t, answering(52));
  const pool = poolFor(t, [upstream], { size: 16 });
  await verify(pool);
  const before = upstream.connections;
  const many = await Promise.all(Array.from({ length: 200 }, () => verify(pool)));
  t.ok(many.every((verdict) => verdict.kind === 'trouble' && verdict.code === 52));
  t.ok(upstream.connections - before <= 3, `${upstream.connections - before} connections`);
  t.match(pool.state().lastError, /is unavailable/);
});

t.test(
  'a bind is sent again only if no byte of an answer came, and never where a second factor is asked for (R83)',
  async (t) => {
    const upstream = await started(t, (message, socket) => {
      if (upstream.binds.length === 1 && upstream.anonymousBinds === 0) socket.destroy();
      else answering(0)(message, socket);
    });
    t.same(await verify(poolFor(t, [upstream])), { kind: 'accepted' });
    t.equal(upstream.binds.length, 2, 'once more on another connection');
    upstream.binds.length = 0;
    upstream.script = reset;
    const { port } = upstream;
    const dialer = new Dialer(
      { ca: upstream.caPem },
      new AddressBook((_host, found) => found(null, [{ address: '127.0.0.1', family: 4 }])),
    );
    const endpoint = parseEndpoint(`ldaps://ldap-mfa.example.org:${port}`, false);
    t.ok(endpoint.asksForSecondFactor);
    // The certificate is for localhost: only what is dialled is looked at here.
    const pool = poolFor(t, [upstream], { dialer, endpoints: [{ ...endpoint, host: 'localhost' }] });
    t.match(await verify(pool), { kind: 'trouble', code: 52 });
    t.equal(upstream.binds.length, 1, 'a telephone does not ring twice');
  },
);

t.test('some connections are kept warm, and replaced when the upstream closes them', async (t) => {
  const upstream = await started(t, answering(0));
  const pool = poolFor(t, [upstream], { warm: 2 });
  await eventually(() => pool.state().idle === 2 && upstream.connections === 2);
  t.equal(upstream.anonymousBinds + upstream.binds.length, 0, 'without a bind');
  upstream.endConnections();
  await eventually(() => pool.state().idle === 2 && upstream.connections >= 4);
  t.same(await verify(pool), { kind: 'accepted' });
  t.equal(pool.state().open, 2, 'a login uses one of them');
});

t.test('a connection is replaced when it is old', async (t) => {
  const upstream = await started(t, answering(0));
  const pool = poolFor(t, [upstream], { age: 50 });
  await verify(pool);
  await eventually(() => pool.state().open === 0);
  t.same(await verify(pool), { kind: 'accepted' });
  t.equal(upstream.connections, 2);
});

t.test('what the upstream allows an idle connection is learnt when it closes two after the same time', async (t) => {
  const limit = new IdleLimit(50_000);
  t.equal(limit.at(0), 50_000);
  limit.closedByUpstream(10_000, 10_000);
  limit.closedByUpstream(9_000, 10_001);
  limit.closedByUpstream(2_000, 10_002);
  t.equal(limit.at(10_100), 50_000, 'all of it immediately: it was started again');
  limit.closedByUpstream(30_000, 50_000);
  t.equal(limit.at(50_000), 50_000, 'another time: by chance');
  limit.closedByUpstream(31_000, 90_000);
  t.equal(limit.at(90_000), 24_000, 'the same again: a rule');
  t.equal(limit.at(90_000 + 3_600_001), 50_000, 'and not for ever');
});

t.test(
  'addresses: the configured order while they are up, the longest rested when none is, a pause that grows',
  async (t) => {
    let now = 0;
    const endpoints = ['a', 'b'].map((host) => parseEndpoint(`ldaps://${host}`, false));
    const [a, b] = endpoints as [(typeof endpoints)[0], (typeof endpoints)[0]];
    const health = new EndpointHealth(
      endpoints,
      () => now,
      () => 0,
    );
    t.same(health.order(), [a, b]);
    t.equal(health.toTry(), undefined);
    health.failed(a);
    t.same([health.order()[0], health.healthy, health.isHealthy(a)], [b, 1, false]);
    now = 186;
    health.failed(b);
    t.same(health.order()[0], a);
    now = 188;
    t.equal(health.toTry(), a);
    t.equal(health.toTry(), undefined, 'its next trial is put off');
    for (let i = 0; i < 50; i++) health.failed(a);
    now += 1200;
    t.equal(health.toTry(), a, 'and is never given up');
    health.succeeded(a);
    t.ok(health.isHealthy(a));
  },
);

t.test('a name service that fails or hangs does not matter where the addresses are known', async (t) => {
  const asked: ((error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void)[] = [];
  const book = new AddressBook((_host, found) => void asked.push(found), 20);
  const look = () =>
    new Promise<string>((resolve) =>
      book.lookup('ldap.example.org', { all: true }, (error, addresses) =>
        resolve(error?.code ?? JSON.stringify(addresses)),
      ),
    );
  const both = [look(), look()];
  t.equal(asked.length, 1, 'one question at a time');
  asked[0]?.(null, [{ address: '192.0.2.1', family: 4 }]);
  t.same(await Promise.all(both), Array(2).fill('[{"address":"192.0.2.1","family":4}]'));
  const failed = look();
  asked[1]?.(Object.assign(new Error('no'), { code: 'EAI_AGAIN' }), []);
  t.equal(await failed, '[{"address":"192.0.2.1","family":4}]', 'the last known address');
  t.equal(await look(), '[{"address":"192.0.2.1","family":4}]', 'even when nobody answers');
  t.equal(asked.length, 3);
  const six = await new Promise((resolve) =>
    book.lookup('ldap.example.org', { family: 6 }, (error) => resolve(error?.code)),
  );
  t.equal(six, 'ENOTFOUND', 'of the family that was asked for');
  const four = await new Promise((resolve) =>
    book.lookup('ldap.example.org', { family: 4 }, (_error, address) => resolve(address)),
  );
  t.equal(four, '192.0.2.1');
  const unknown = new AddressBook((_host, found) => found(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), []));
  t.equal(await new Promise((resolve) => unknown.lookup('x', {}, (error) => resolve(error?.code))), 'ENOTFOUND');
});

t.test('the queue does what a list would do, whatever comes and goes', async (t) => {
  class Item extends Queued {}
  const step = fc.tuple(fc.constantFrom('add', 'addFirst', 'take', 'remove'), fc.nat({ max: 9 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const items = Array.from({ length: 10 }, () => new Item());
      const queue = new LinkedQueue<Item>();
      const list: Item[] = [];
      for (const [what, index] of steps) {
        const item = items[index]!;
        const at = list.indexOf(item);
        if (what === 'take') {
          if (queue.take() !== list.shift()) return false;
        } else if (what === 'remove') {
          if (queue.remove(item) !== at >= 0) return false;
          if (at >= 0) list.splice(at, 1);
        } else if (at < 0) {
          queue[what](item);
          if (what === 'add') list.push(item);
          else list.unshift(item);
        }
        const all = queue.all();
        if (queue.size !== list.length || all.some((one, i) => one !== list[i])) return false;
      }
      return true;
    }),
  );
  t.pass('it did');
});

t.test('a coalesced timer rings for the first deadline, and again for the next one that it is given', async (t) => {
  const rung: number[] = [];
  const timer = new CoalescedTimer((now) => {
    rung.push(now);
    return rung.length < 2 ? now + 5 : undefined;
  });
  const startedAt = performance.now();
  timer.notLaterThan(startedAt + 60_000);
  timer.notLaterThan(startedAt + 5);
  timer.notLaterThan(startedAt + 50_000);
  await eventually(() => rung.length === 2);
  t.ok(rung[0]! >= startedAt + 4, 'not before its time, to the millisecond of the timers');
  timer.stop();
  timer.notLaterThan(startedAt);
  await new Promise((resolve) => setTimeout(resolve, 5));
  t.equal(rung.length, 2, 'stopped for good');
});

t.test('the queue serves in order, lets anybody leave, and knows who lost a turn', async (t) => {
  class Name extends Queued {
    constructor(readonly text: string) {
      super();
    }
  }
  const [a, b, c, d, z] = ['a', 'b', 'c', 'd', 'z'].map((text) => new Name(text)) as [Name, Name, Name, Name, Name];
  const queue = new LinkedQueue<Name>();
  for (const name of [a, b, c, d]) queue.add(name);
  t.ok(queue.remove(b));
  t.notOk(queue.remove(b));
  t.equal(queue.take(), a);
  queue.addFirst(a);
  t.equal(queue.size, 3);
  t.equal(queue.take(), a);
  queue.addFirst(z);
  t.ok(queue.remove(z));
  queue.add(b);
  t.same(
    queue.takeAll().map(({ text }) => text),
    ['c', 'd', 'b'],
  );
  t.equal(queue.take(), undefined);
  t.equal(queue.size, 0);
});

t.test('the reader’s own wrong password is not offered again immediately', async (t) => {
  let now = 0;
  const backoff = new ReaderBackoff(() => now);
  t.equal(backoff.pause, 0);
  backoff.refused();
  t.equal(backoff.pause, 2000);
  now = 2000;
  t.equal(backoff.pause, 0);
  for (let i = 0; i < 20; i++) backoff.refused();
  t.equal(backoff.pause, 300_000);
  backoff.accepted();
  t.equal(backoff.pause, 0);
});

t.test('tries are begun beside those that hang; the first success counts and the others are ended', async (t) => {
  const ended: number[] = [];
  const settle: { resolve: (value: number) => void; reject: (error: Error) => void }[] = [];
  const begin = () => {
    const mine = settle.length;
    const result = new Promise<number>((resolve, reject) => settle.push({ resolve, reject }));
    return { result, cancel: () => void ended.push(mine) };
  };
  const third = hedgedAttempts(begin, 5, 10_000);
  await eventually(() => settle.length >= 3);
  settle[2]?.resolve(2);
  t.equal(await third, 2);
  t.ok(ended.includes(0) && ended.includes(1) && !ended.includes(2), 'the winner alone is kept');
  settle.length = ended.length = 0;
  const refused = hedgedAttempts(begin, 60_000, 60_000);
  settle[0]?.reject(new Error('refused'));
  await t.rejects(refused, /refused/, 'alone, a failure is the answer');
  settle.length = ended.length = 0;
  await t.rejects(hedgedAttempts(begin, 60_000, 10), /within 10 ms/);
  t.same(ended, [0], 'and nothing is left behind');
});
