// The guard in front of the store: gives up immediately, asks again automatically, and is bounded, over a connection that the test plays.
import t, { type Test } from 'tap';
import { type Health, type Link, StoreError, script } from '../../src/fleet/store.js';
import { StoreGuard } from '../../src/fleet/store-guard.js';
import { eventually } from '../support/proxy.js';
import { TestRedis } from '../support/redis.js';

const SCRIPT = script('return 1');

/** A connection that answers as the test says. */
class Played {
  isReachable = true;
  answer: 'immediately' | 'never' | StoreError = 'immediately';
  connects = 0;
  asked = 0;
  readonly subscribed: string[] = [];
  private ended: ((trouble: StoreError) => void) | undefined;

  readonly connect = async (ended: (trouble: StoreError) => void): Promise<Link> => {
    this.connects++;
    if (!this.isReachable) throw new StoreError('away', 'ECONNREFUSED');
    this.ended = ended;
    const say = async () => {
      this.asked++;
      if (this.answer === 'never') await new Promise(() => {});
      if (this.answer instanceof StoreError) throw this.answer;
    };
    return {
      run: async () => {
        await say();
        return 'run';
      },
      get: async () => undefined,
      publish: say,
      ping: say,
      subscribe: async (channel) => void this.subscribed.push(channel),
      unsubscribe: () => {},
      end: () => {},
    };
  };

  breakOff(): void {
    this.ended?.(new StoreError('away', 'ECONNRESET'));
  }
}

async function guarded(t: Test, played: Played, patience = 5000) {
  const guard = new StoreGuard({
    connect: played.connect,
    random: () => 0,
    clock: () => performance.now(),
    patience,
    defect: (error) => t.fail(String(error)),
  });
  t.teardown(() => guard.close());
  const heard: Health[] = [];
  guard.onHealth((health) => heard.push(health));
  await eventually(() => guard.health === 'well');
  return { guard, heard };
}

const troubleOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error: StoreError) => error.kind,
  );

t.test('one answer that does not come in time, and nothing is asked until a probe is answered', async (t) => {
  const played = new Played();
  const { guard, heard } = await guarded(t, played);
  t.equal(await guard.run(SCRIPT, [], [], 1000), 'run');
  played.answer = 'never';
  t.equal(await troubleOf(guard.run(SCRIPT, [], [], 20)), 'slow');
  const { asked } = played;
  t.equal(await troubleOf(guard.run(SCRIPT, [], [], 20)), 'slow');
  t.equal(played.asked, asked, 'not asked');
  played.answer = 'immediately';
  await eventually(() => guard.health === 'well');
  t.equal(await guard.run(SCRIPT, [], [], 1000), 'run');
  t.same(heard, ['well', 'slow', 'well']);
});

t.test('five errors in a row, and it counts as refused; four and an answer do not', async (t) => {
  const played = new Played();
  const { guard, heard } = await guarded(t, played);
  const fail = async (times: number) => {
    played.answer = new StoreError('refused', 'NOPERM');
    for (let i = 0; i < times; i++) t.equal(await troubleOf(guard.run(SCRIPT, [], [], 1000)), 'refused');
    played.answer = 'immediately';
  };
  await fail(4);
  await guard.run(SCRIPT, [], [], 1000);
  await fail(4);
  t.same(heard, ['well']);
  await guard.run(SCRIPT, [], [], 1000);
  await fail(5);
  t.equal(guard.health, 'refused');
  t.equal(guard.trouble, 'NOPERM');
});

t.test('a connection that ends is away immediately, and subscriptions are there again before it is up', async (t) => {
  const played = new Played();
  const { guard, heard } = await guarded(t, played);
  guard.subscribe('news', () => {});
  const waits = troubleOf(guard.run(SCRIPT, [], [], 1000));
  await waits;
  played.isReachable = false;
  played.breakOff();
  t.equal(guard.health, 'away');
  t.equal(await troubleOf(guard.run(SCRIPT, [], [], 1000)), 'away');
  played.subscribed.length = 0;
  guard.onHealth((health) => health === 'well' && t.same(played.subscribed, ['news']));
  played.isReachable = true;
  await eventually(() => guard.health === 'well');
  t.same(heard, ['well', 'away', 'well']);
  t.equal(played.connects, 2);
});

t.test('at most a thousand commands are under way, and more than those do not make it slow', async (t) => {
  const played = new Played();
  const { guard } = await guarded(t, played);
  played.answer = 'never';
  const many = Array.from({ length: 1000 }, () => troubleOf(guard.run(SCRIPT, [], [], 500)));
  t.equal(await troubleOf(guard.run(SCRIPT, [], [], 500)), 'slow');
  t.equal(guard.health, 'well');
  await Promise.all(many);
  t.equal(guard.health, 'slow');
});

t.test('a real store: values as bytes, messages, an unknown script, an error, the end', async (t) => {
  const redis = await TestRedis.start(t);
  const guard = redis.guard(t);
  await eventually(() => guard.health === 'well');
  const octets = Buffer.from([0, 255, 13, 10, 128]);
  const set = script("return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])");
  t.equal(await guard.run(set, ['key'], [octets, 100_000], 5000), 'OK');
  t.same(await guard.get('key', 1000, 5000), octets);
  t.equal(await guard.get('other', 1000, 5000), undefined);
  t.same(
    await guard.get('key', 1, 5000),
    octets.subarray(0, 1),
    'no more of it than was asked for crosses the network',
  );
  const heard: Buffer[] = [];
  const leave = guard.subscribe('channel', (message) => heard.push(message));
  await guard.publish('channel', octets, 5000);
  await eventually(() => heard.length === 1);
  t.same(heard, [octets]);
  leave();
  await guard.run(script("return redis.call('SCRIPT', 'FLUSH')"), [], [], 5000).catch(() => {});
  t.equal(await guard.run(set, ['key'], ['text', 1000], 5000), 'OK');
  t.equal(await troubleOf(guard.run(script('return nil + 1'), [], [], 5000)), 'refused');
  t.equal(guard.health, 'well');
  await redis.kill();
  await eventually(() => guard.health !== 'well');
  await redis.begin();
  await eventually(() => guard.health === 'well');
  await guard.close();
  t.equal(await troubleOf(guard.run(set, ['key'], ['text', 1000], 5000)), 'away');
});

t.test('a server that is not a store, and answers anyway, is not trusted', async (t) => {
  const { createServer } = await import('node:net');
  for (const answer of ['HTTP/1.1 400 Bad Request\r\n\r\n', '\u0000\u0001\u0002', '$99999999999999\r\n']) {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', () => socket.write(answer));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { redisConnect } = await import('../../src/fleet/redis-client.js');
    const { port } = server.address() as { port: number };
    const guard = new StoreGuard({
      connect: redisConnect({ url: `redis://127.0.0.1:${port}`, user: undefined, password: undefined, ca: undefined }),
      ...{ random: () => 0, clock: () => performance.now(), patience: 5000 },
      defect: (error) => t.fail(String(error)),
    });
    await eventually(() => guard.trouble !== 'not connected yet');
    t.not(guard.health, 'well', String(guard.trouble));
    await guard.close();
    // Which waits until all its connections are gone: none is left behind.
    await new Promise((resolve) => server.close(resolve));
  }
});

t.test('a server that accepts a connection and then says nothing is named as such', async (t) => {
  const { createServer } = await import('node:net');
  const { redisConnect } = await import('../../src/fleet/redis-client.js');
  const sockets: { destroy(): void }[] = [];
  const server = createServer((socket) => sockets.push(socket.on('error', () => {})));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as { port: number };
  const url = `redis://127.0.0.1:${port}`;
  const connect = redisConnect({ url, user: undefined, password: undefined, ca: undefined });
  await t.rejects(
    connect(() => {}),
    new StoreError('away', 'no answer to the greeting in time'),
  );
});
