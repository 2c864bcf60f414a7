// `binds.fromTenant`: limits never above the tenant's lock-out, never looser than configured, and read beside the binds.
import fc from 'fast-check';
import t from 'tap';
import { LONGEST_WINDOW, limitsWithin } from '../../src/app/account-limits.js';
import { TenantLimits } from '../../src/app/tenant-limits.js';
import { CloudError, type CloudLockout } from '../../src/cloud/ports.js';
import type { Config } from '../../src/config/config.js';
import { StandIn } from '../../src/demo/stand-in.js';
import { Client } from '../support/client.js';
import { eventually, proxyConfig, startProxy, userDN } from '../support/proxy.js';

const binds = { failuresPerAccount: 3, accountWindow: 1_800_000 } as Config['binds'];

t.test('whatever is configured and whatever the tenant has, no account is locked from here (R95)', (t) => {
  const maybe = (arbitrary: fc.Arbitrary<number>) => fc.option(arbitrary, { nil: undefined });
  fc.assert(
    fc.property(
      fc.record({
        attempts: maybe(fc.integer({ min: 1, max: 50 })),
        countedFor: maybe(
          fc.oneof(
            fc.integer({ min: 1, max: 1e6 }),
            fc.maxSafeInteger().filter((each) => each > 0),
          ),
        ),
      }),
      fc.record({
        failuresPerAccount: fc.integer({ min: 1, max: 60 }),
        accountWindow: fc.integer({ min: 1, max: 1e9 }),
      }),
      fc.boolean(),
      (tenant, own, fromTenant) => {
        const lockout: CloudLockout = { ...tenant, lockedFor: undefined };
        const { perAccount, accountWindow } = limitsWithin({ binds: { ...binds, ...own, fromTenant } }, lockout);
        const { attempts, countedFor = Number.POSITIVE_INFINITY } = tenant;
        if (!fromTenant || attempts === undefined)
          return perAccount === own.failuresPerAccount && accountWindow === own.accountWindow;
        return (
          perAccount >= 1 &&
          perAccount <= own.failuresPerAccount &&
          accountWindow >= own.accountWindow &&
          // A day at most, whatever the settings say: nobody may be shut out for good.
          accountWindow >= Math.min(LONGEST_WINDOW, countedFor * 1000) &&
          accountWindow <= Math.max(LONGEST_WINDOW, own.accountWindow) &&
          // One more than the limit may pass where the account logged in recently. Nothing helps where two mistakes lock.
          (attempts <= 2 || perAccount + 1 < attempts)
        );
      },
    ),
  );
  t.same(limitsWithin({ binds: { ...binds, fromTenant: true } }, undefined).perAccount, binds.failuresPerAccount);
  t.end();
});

t.test('a fault is reported once, and what was known stays', async (t) => {
  const read: CloudLockout[] = [];
  const failed: string[] = [];
  let answer: () => Promise<CloudLockout> = () => Promise.reject(new CloudError('away', 'no connection'));
  const limits = new TenantLimits({
    read: (lockout) => read.push(lockout),
    failed: ({ fault }) => failed.push(fault),
    defect: (error) => t.fail(String(error)),
  });
  const api = { lockout: () => answer() };
  limits.use(api);
  limits.use(api);
  await eventually(() => failed.length === 1);
  answer = () => Promise.resolve({ attempts: 5, lockedFor: undefined, countedFor: undefined });
  let release: (lockout: CloudLockout) => void = () => {};
  const slow = { lockout: () => new Promise<CloudLockout>((resolve) => (release = resolve)) };
  limits.use(slow);
  limits.use({ lockout: () => answer() });
  release({ attempts: 99, lockedFor: undefined, countedFor: undefined });
  await eventually(() => read.length === 1);
  t.same(
    read.map(({ attempts }) => attempts),
    [5],
    'an answer to an earlier configuration is dropped',
  );
  t.same(failed, ['away']);
  limits.use(undefined);
});

t.test('in front of the embedded JumpCloud: a reload switches it on, and an account is not locked', async (t) => {
  const upstream = await StandIn.start({ console: true, lockoutThreshold: 4 });
  t.teardown(() => upstream.stop());
  const { urls } = upstream.console!;
  const loose = { failuresPerAccount: 50, failuresPerAddress: 1000 };
  const settings = (fromTenant: boolean) => ({
    binds: { ...loose, fromTenant },
    upstream: { api: { key: upstream.apiKey, urls } },
  });
  const proxy = await startProxy(upstream, settings(false));
  t.teardown(() => proxy.stop());
  const isRead = () => proxy.log.some((line) => line.includes('follow the tenant'));
  t.match(await proxy.app.reload(proxyConfig(upstream, settings(true))), { kind: 'changed' });
  await eventually(isRead);
  t.ok(proxy.log.some((line) => line.includes('"failuresPerAccount":2') && line.includes('"lockedAfter":4')));
  const client = await Client.open(proxy.url);
  for (let i = 0; i < 20; i++) await client.bind(userDN('quillon.varrek'), `wrong ${i}`);
  t.equal((await client.bind(userDN('mirelle.oskand'), 'user-secret-5002')).code, 0);
  await proxy.app.purge('quillon.varrek');
  t.equal((await client.bind(userDN('quillon.varrek'), 'user-secret-5001')).code, 0, 'it is not locked upstream');
  client.destroy();
});
