// A server in the place of the store that sends without end: memory stays bounded, whenever it does so and over whatever connection.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createPlain, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createSecure } from 'node:tls';
import t, { type Test } from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { redisConnect } from '../../src/fleet/redis-client.js';
import { type StoreError, script } from '../../src/fleet/store.js';
import { StoreGuard } from '../../src/fleet/store-guard.js';
import { eventually } from '../support/proxy.js';
import { TestRedis } from '../support/redis.js';

const CHUNK = Buffer.alloc(1024 * 1024, 'x');
/** Chunks that the server sends at most, and how many may have gone before it is cut off: 3 MiB, and what arrives between looks. */
const ALL = 200;
const ALLOWED = 100;
const HELLO = '%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n';

/** What the server answers without end, and with what that begins. */
const MOMENTS = {
  greeting: { asked: /HELLO/, begins: '$4000000000000\r\n' },
  probe: { asked: /PING/, begins: '$4000000000000\r\n' },
  script: { asked: /EVALSHA/, begins: '*4000000000\r\n$4000000000\r\n' },
  error: { asked: /EVALSHA/, begins: '-' },
  value: { asked: /GETRANGE/, begins: '$4000000000000\r\n' },
  message: { asked: /subscribe/, begins: '>3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$4000000000000\r\n' },
} as const;
type Moment = keyof typeof MOMENTS;

class Endless {
  chunks = 0;
  constructor(private readonly moment: Moment) {}

  readonly serve = (socket: Socket): void => {
    const { asked, begins } = MOMENTS[this.moment];
    socket.on('error', () => {});
    socket.on('data', (data: Buffer) => {
      const text = data.toString('latin1');
      if (asked.test(text)) {
        socket.write(begins);
        this.send(socket);
        return;
      }
      const others = (text.match(/\*[0-9]+\r\n/g)?.length ?? 0) - 1;
      socket.write(/HELLO/.test(text) ? HELLO + '+OK\r\n'.repeat(others) : '+PONG\r\n'.repeat(others + 1));
    });
  };

  private send(socket: Socket): void {
    const timer = setInterval(() => {
      if (socket.destroyed || this.chunks === ALL) clearInterval(timer);
      else if (socket.writableLength === 0) {
        this.chunks++;
        socket.write(CHUNK);
      }
    }, 10);
  }
}

async function transports(t: Test) {
  const authority = await makeAuthority();
  const { certPem: cert, keyPem: key } = await authority.issue(['127.0.0.1']);
  // A socket's path has 107 bytes at most, which t.testdir exceeds.
  const folder = mkdtempSync(join(tmpdir(), 'jumpgate-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'store.sock');
  const url = (port: number) => `//127.0.0.1:${port}`;
  return [
    { make: (serve: (socket: Socket) => void) => createPlain(serve), url: (port: number) => `redis:${url(port)}` },
    { make: (serve: (socket: Socket) => void) => createPlain(serve), path, url: () => `unix://${path}` },
    {
      make: (serve: (socket: Socket) => void) => createSecure({ cert, key }, serve),
      url: (port: number) => `rediss:${url(port)}`,
      ca: Buffer.from(authority.caPem),
    },
  ];
}

const ASK: Readonly<Partial<Record<Moment, (guard: StoreGuard) => Promise<unknown>>>> = {
  script: (guard) => guard.run(script('return 1'), ['key'], [], 60_000),
  error: (guard) => guard.run(script('return 1'), ['key'], [], 60_000),
  value: (guard) => guard.get('key', 1000, 60_000),
  message: async (guard) => void guard.subscribe('news', () => {}),
};

t.test('whatever a server sends without end, the connection is ended within a few megabytes', async (t) => {
  for (const { make, path, url, ca } of await transports(t))
    for (const moment of Object.keys(MOMENTS) as Moment[]) {
      const endless = new Endless(moment);
      const server = make(endless.serve);
      await new Promise<void>((resolve) =>
        path === undefined ? server.listen(0, '127.0.0.1', resolve) : server.listen(path, resolve),
      );
      const address = server.address();
      const guard = new StoreGuard({
        connect: redisConnect({
          ...{ url: url(typeof address === 'object' ? (address?.port ?? 0) : 0), ca },
          ...{ user: undefined, password: undefined },
        }),
        ...{ random: () => 0, clock: () => performance.now(), patience: 60_000 },
        defect: (error) => t.fail(String(error)),
      });
      const ask = ASK[moment];
      let kind: string | undefined;
      if (ask !== undefined) {
        await eventually(() => guard.health === 'well');
        ask(guard).catch((error: StoreError) => {
          kind = error.kind;
        });
      }
      const what = `${moment}, ${url(0)}`;
      await eventually(() => guard.health === 'refused');
      t.match(guard.trouble, /longer than any/, what);
      if (ask !== undefined && moment !== 'message') t.equal(kind, 'garbled', what);
      t.ok(endless.chunks < ALLOWED, `${what}: ${endless.chunks} MiB`);
      await guard.close();
      await new Promise((resolve) => server.close(resolve));
    }
});

t.test('many answers and messages that are long together end nothing', async (t) => {
  const redis = await TestRedis.start(t);
  const guard = redis.guard(t);
  await eventually(() => guard.health === 'well');
  const changes: string[] = [];
  guard.onHealth((health) => changes.push(health));
  const MOST = 1024 * 1024;
  const set = script("return redis.call('SET', KEYS[1], ARGV[1])");
  await guard.run(set, ['key'], [Buffer.alloc(MOST, 'x')], 60_000);
  for (let i = 0; i < 40; i++) t.equal((await guard.get('key', MOST, 60_000))?.length, MOST);
  let heard = 0;
  guard.subscribe('news', () => heard++);
  const message = Buffer.alloc(16 * 1024);
  for (let i = 0; i < 1000; i++) await guard.publish('news', message, 60_000);
  await eventually(() => heard > 0);
  t.same(changes, []);
});
