// The whole product behind a relay that does all the harm that the way to JumpCloud can do.
import { performance } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { makeAuthority } from '../../src/demo/certificate.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { Client } from '../support/client.js';
import { BASE, eventually, type RunningProxy, startProxy, userDN } from '../support/proxy.js';
import { MODES, type Mode, Relay } from '../support/relay.js';

const authority = await makeAuthority();
const upstream = await StandIn.start({});
t.teardown(() => upstream.stop());

const MEMBER = 'quillon.varrek';
const PASSWORD = 'user-secret-5001';
const UPSTREAM_MEMBER = `uid=${MEMBER},${upstream.usersDN}`;
const READER = userDN('ldap-reader');

/** In milliseconds: the configured limits, and how soon a working upstream must be noticed. With room for a machine that is busy. */
const CONNECT_TIME = 1000;
const OPERATION_TIME = 1000;
const SLACK = 2000;

const FAULTS: readonly Mode[] = MODES.filter((mode) => mode !== 'pass');
/** These leave answers whole: who is patient gets the right one. */
const HARMLESS: readonly Mode[] = ['one byte at a time', 'doubled answers', 'silence the old'];

type Test = Pick<typeof t, 'teardown'>;

async function behind(test: Test, relays: readonly Relay[], settings: Record<string, unknown> = {}) {
  const proxy = await startProxy(
    { caPem: authority.caPem, url: '', orgId: upstream.orgId, reader: upstream.reader },
    {
      upstream: {
        urls: relays.map(({ url }) => url),
        connectTime: `${CONNECT_TIME}ms`,
        operationTime: `${OPERATION_TIME}ms`,
      },
      binds: { cache: { ttl: '0s' }, refusedTtl: '0s', failuresPerAccount: 100_000, failuresPerAddress: 100_000 },
      ...settings,
    },
  );
  test.teardown(() => proxy.stop());
  return proxy;
}

async function relayFor(test: Test): Promise<Relay> {
  const relay = await Relay.start(upstream, authority);
  test.teardown(() => relay.stop());
  return relay;
}

/** One bind on a connection of its own: its code, and how long it took. */
async function login(proxy: RunningProxy, uid = MEMBER, password = PASSWORD): Promise<{ code: number; ms: number }> {
  const client = await Client.open(proxy.url);
  const startedAt = performance.now();
  const { code } = await client.bind(userDN(uid), password);
  client.destroy();
  return { code, ms: performance.now() - startedAt };
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes in use when everything that can go is gone; the collected log lines of the test go first. */
function heapAfterCollection(proxy: RunningProxy): number {
  proxy.log.length = 0;
  collect();
  return process.memoryUsage().heapUsed;
}

async function isBackSoon(proxy: RunningProxy): Promise<number> {
  const startedAt = performance.now();
  await eventually(async () => (await login(proxy)).code === 0);
  return performance.now() - startedAt;
}

t.test(
  'every fault: no success, no 49, no silence, within the limits; and service soon after it (R76, R77, R78, R79, R80, R81)',
  async (t) => {
    const relay = await relayFor(t);
    const proxy = await behind(t, [relay]);
    const service = await Client.open(proxy.url);
    await service.bind(READER, upstream.reader.password);
    for (const mode of FAULTS) {
      await t.test(mode, async (t) => {
        t.equal((await login(proxy)).code, 0, 'in order before');
        const old = await Client.open(proxy.url);
        const before = relay.bindsOf(UPSTREAM_MEMBER);
        await relay.become(mode);
        const right = await Promise.all(Array.from({ length: 5 }, () => login(proxy)));
        const wrong = await Promise.all(Array.from({ length: 5 }, () => login(proxy, MEMBER, 'wrong')));
        const isHarmless = HARMLESS.includes(mode);
        for (const { code } of right) t.ok(code !== 49 && (isHarmless || code !== 0), `the right password: ${code}`);
        for (const { code } of wrong) t.ok(code !== 0 && (isHarmless || code !== 49), `a wrong password: ${code}`);
        const slowest = Math.max(...[...right, ...wrong].map(({ ms }) => ms));
        t.ok(slowest < CONNECT_TIME + OPERATION_TIME + SLACK, `the slowest took ${Math.round(slowest)} ms`);
        t.ok(relay.bindsOf(UPSTREAM_MEMBER) - before <= 20, 'no bind was sent more than twice (R83)');
        t.equal((await service.search({ base: BASE, filter: '(uid=*)' })).entries.length, 9, 'searches go on (R79)');
        await relay.become('pass');
        const ms = await isBackSoon(proxy);
        t.ok(ms < 2000 + SLACK, `back after ${Math.round(ms)} ms (R81)`);
        t.equal((await old.bind(userDN(MEMBER), PASSWORD)).code, 0, 'an old client connection as well (R80)');
        t.equal((await login(proxy, MEMBER, 'wrong')).code, 49);
        old.destroy();
      });
    }
    service.destroy();
  },
);

t.test('two upstreams: one fails in any way, and logins go on at the other; and back again (R82)', async (t) => {
  const [first, second] = [await relayFor(t), await relayFor(t)];
  const proxy = await behind(t, [first, second]);
  for (const mode of FAULTS.filter((each) => !HARMLESS.includes(each) && each !== 'code 14')) {
    await t.test(mode, async (t) => {
      await eventually(async () => {
        const before = first.bindsOf(UPSTREAM_MEMBER);
        t.equal((await login(proxy)).code, 0, 'the first is used while it is well');
        return first.bindsOf(UPSTREAM_MEMBER) > before;
      });
      await first.become(mode);
      const finding = await login(proxy);
      if (mode === 'refuse') t.equal(finding.code, 0, 'nothing is lost');
      t.not(finding.code, 49);
      const later: { code: number; ms: number }[] = [];
      for (let i = 0; i < 15; i++) later.push(await login(proxy));
      t.ok(
        later.every(({ code }) => code === 0),
        `the second takes over: ${later.map(({ code }) => code).join(' ')}`,
      );
      const slowest = Math.max(...later.map(({ ms }) => ms));
      t.ok(slowest < 2000, `nobody pays for the first one again: ${Math.round(slowest)} ms`);
      t.equal((await login(proxy, MEMBER, 'wrong')).code, 49);
      await first.become('pass');
    });
  }
});

t.test('a refused password is asked of one upstream only, and an unanswered bind at most twice (R83)', async (t) => {
  const [first, second] = [await relayFor(t), await relayFor(t)];
  const proxy = await behind(t, [first, second]);
  t.equal((await login(proxy, MEMBER, 'wrong')).code, 49);
  t.same([first.bindsOf(UPSTREAM_MEMBER), second.bindsOf(UPSTREAM_MEMBER)], [1, 0]);
  await first.become('reset at a bind');
  await second.become('reset at a bind');
  await login(proxy, MEMBER, 'wrong');
  t.ok(first.bindsOf(UPSTREAM_MEMBER) + second.bindsOf(UPSTREAM_MEMBER) <= 3);
});

t.test('an upstream that is away at the start: listening, 52, and service as soon as it is there (R101)', async (t) => {
  for (const mode of ['refuse', 'hang in the handshake', 'hang'] as const) {
    const relay = await relayFor(t);
    await relay.become(mode);
    const proxy = await startProxy(
      { caPem: authority.caPem, url: relay.url, orgId: upstream.orgId, reader: upstream.reader },
      {},
      false,
    );
    t.equal((await login(proxy)).code, 52, mode);
    t.notOk(proxy.app.readiness().ready);
    await relay.become('pass');
    const ms = await isBackSoon(proxy);
    t.ok(ms < 2000 + SLACK, `${mode}: back after ${Math.round(ms)} ms`);
    await proxy.stop();
  }
});

t.test('connections that the upstream closes while they are idle cost nobody an error (R80)', async (t) => {
  const relay = await relayFor(t);
  const proxy = await behind(t, [relay]);
  for (let i = 0; i < 5; i++) {
    t.equal((await login(proxy)).code, 0);
    relay.endAll();
    const both = await Promise.all([login(proxy), login(proxy)]);
    t.same(
      both.map(({ code }) => code),
      [0, 0],
    );
  }
});

t.test(
  'an account is asked for no more often than allowed, however many ask, and outages do not count (R95, R96)',
  async (t) => {
    const relay = await relayFor(t);
    const proxy = await behind(t, [relay], {
      binds: { cache: { ttl: '0s' }, refusedTtl: '0s', failuresPerAccount: 5, failuresPerAddress: 100_000 },
    });
    await relay.become('busy');
    for (let i = 0; i < 10; i++) t.ok([51, 52].includes((await login(proxy)).code));
    await relay.become('pass');
    await isBackSoon(proxy);
    const before = relay.bindsOf(UPSTREAM_MEMBER);
    const spellings = [
      userDN(MEMBER),
      `UID=${MEMBER.toUpperCase()}, ${userDN('x').slice(6)}`,
      MEMBER,
      `${MEMBER}@example.test`,
    ];
    const codes = await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const client = await Client.open(proxy.url);
        const { code } = await client.bind(spellings[i % spellings.length]!, `wrong${i}`);
        client.destroy();
        return code;
      }),
    );
    t.ok(codes.every((code) => code === 49));
    t.ok(
      relay.bindsOf(UPSTREAM_MEMBER) - before <= 5,
      `${relay.bindsOf(UPSTREAM_MEMBER) - before} reached the upstream`,
    );
  },
);

t.test('thirty logins at the same time, each half a second away, are over in 4.5 s (R87)', async (t) => {
  const slow = await StandIn.start({ latency: 500 });
  t.teardown(() => slow.stop());
  const proxy = await startProxy(slow, { binds: { cache: { ttl: '0s' } } });
  t.teardown(() => proxy.stop());
  const all = await Promise.all(
    Array.from({ length: 30 }, (_, i) => login(proxy, MEMBER, i % 10 === 9 ? `wrong${i}` : PASSWORD)),
  );
  t.same(
    all.map(({ code }) => code),
    all.map((_, i) => (i % 10 === 9 ? 49 : 0)),
  );
  const slowest = Math.max(...all.map(({ ms }) => ms));
  t.ok(slowest < 4500, `${Math.round(slowest)} ms`);
});

t.test('the same wrong password again and again reaches the upstream once', async (t) => {
  const relay = await relayFor(t);
  const proxy = await behind(t, [relay], { binds: { refusedTtl: '60s' } });
  for (let i = 0; i < 10; i++) t.equal((await login(proxy, MEMBER, 'an old one')).code, 49);
  t.equal(relay.bindsOf(UPSTREAM_MEMBER), 1);
});

t.test('cached logins need no upstream; beyond their time only where that is switched on (R94)', async (t) => {
  for (const staleIfError of ['0s', '1h']) {
    const relay = await relayFor(t);
    const proxy = await behind(t, [relay], { binds: { cache: { ttl: '300ms', staleIfError }, refusedTtl: '0s' } });
    t.equal((await login(proxy)).code, 0);
    await relay.become('refuse');
    t.equal((await login(proxy)).code, 0, 'remembered');
    const expected = staleIfError === '0s' ? 52 : 0;
    await eventually(
      async () =>
        (await login(proxy)).code === expected &&
        proxy.log.some((line) => line.includes('"upstream') || line.includes('"stale":true')),
    );
    t.equal((await login(proxy)).code, expected, `staleIfError ${staleIfError}`);
    t.equal(
      (await login(proxy, MEMBER, 'wrong')).code,
      52,
      'another password is not known to be wrong, and does not get in',
    );
    t.equal(
      proxy.log.some((line) => line.includes('"stale":true')),
      expected === 0,
      'and the log says so',
    );
  }
});

t.test('an old copy does not say who is a member: the upstream is asked beside the bind (R92, R93)', async (t) => {
  const relay = await relayFor(t);
  const proxy = await behind(t, [relay], { directory: { refresh: '1h', membershipAge: '1h' } });
  const strict = await behind(t, [relay], { directory: { refresh: '1ms', membershipAge: '1ms', maxStale: '1h' } });
  await eventually(() => strict.app.readiness().snapshot.present);
  t.equal((await login(strict)).code, 0, 'asked, and a member still');
  upstream.removeFromGroup('wayk-users', 'tavian.bruskel');
  t.teardown(() => upstream.addToGroup('wayk-users', 'tavian.bruskel'));
  t.equal((await login(proxy, 'tavian.bruskel', 'user-secret-5003')).code, 0, 'within membershipAge the copy counts');
  t.equal((await login(strict, 'tavian.bruskel', 'user-secret-5003')).code, 49);
});

t.test(
  'ten thousand binds through every quick fault, with clients that leave, leave nothing behind (R73, R86, R103)',
  async (t) => {
    const [first, second] = [await relayFor(t), await relayFor(t)];
    const proxy = await behind(t, [first, second], {
      upstream: { urls: [first.url, second.url], connectTime: '300ms', operationTime: '300ms', bindConnections: 8 },
    });
    const quick = FAULTS.filter((mode) => !['expired certificate', 'certificate for another name'].includes(mode));
    const count = { operations: 0, answered: 0, left: 0, wrongly: 0 };
    let most = 0;
    const worker = async (until: number) => {
      while (count.operations < until) {
        const client = await Client.open(proxy.url);
        for (let i = 0; i < 25 && count.operations < until; i++) {
          count.operations++;
          const isRight = i % 3 !== 0;
          const bind = client.bind(userDN(MEMBER), isRight ? PASSWORD : `wrong${i}`);
          if (i === 24) {
            bind.catch(() => {});
            count.left++;
            break;
          }
          const { code } = await bind;
          count.answered++;
          if (code === (isRight ? 49 : 0)) count.wrongly++;
          most = Math.max(most, proxy.app.readiness().binds.open);
        }
        client.destroy();
      }
    };
    const run = async (until: number) => {
      let isOver = false;
      const harm = (async () => {
        for (let i = 0; !isOver; i++) {
          await first.become(quick[i % quick.length]!);
          await second.become(i % 3 === 0 ? quick[(i * 7) % quick.length]! : 'pass');
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        await first.become('pass');
        await second.become('pass');
      })();
      await Promise.all(Array.from({ length: 20 }, () => worker(until)));
      isOver = true;
      await harm;
    };
    const settled = async () => {
      await isBackSoon(proxy);
      await eventually(() => {
        const { binds, connections } = proxy.app.readiness();
        return connections === 0 && binds.waiting === 0 && binds.open === binds.idle && binds.connecting === 0;
      });
    };
    const resources = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    await run(1000);
    await settled();
    const timers = resources();
    const heap = heapAfterCollection(proxy);
    await run(11_000);
    await settled();
    t.equal(count.operations, 11_000);
    t.equal(count.answered + count.left, count.operations, 'every one was answered, or its client had left');
    t.equal(count.wrongly, 0, 'no right password was called wrong, and no wrong one right');
    t.ok(most <= 8, `${most} connections upstream at most (R86)`);
    await eventually(() => resources() <= timers + 5);
    const grown = (heapAfterCollection(proxy) - heap) / 1024 / 1024;
    t.ok(grown < 16, `${grown.toFixed(1)} MiB more in use`);
    t.ok(first.openConnections + second.openConnections <= 8 + 4, 'what is open is the pool and the readers');
  },
);
