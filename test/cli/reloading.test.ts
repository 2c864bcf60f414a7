// A configuration with which JumpCloud could not be read is tried again where the fault need not be its own.
import { mock } from 'node:test';
import t from 'tap';
import type { Reloaded } from '../../src/app/reloaded.js';
import { reloadOnChange } from '../../src/cli/reloading.js';
import type { Config } from '../../src/config/config.js';

const MINUTE = 60_000;
const log = { info: () => {}, warn: () => {}, error: () => {} };
const KEPT: Reloaded = { kind: 'kept', why: 'the first read with it failed' };

t.beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
t.afterEach(() => mock.timers.reset());

/** An app whose reloads end as `outcome` says. */
class FakeApp {
  reloads = 0;
  outcome: Reloaded = KEPT;
  reachable = true;
  private readonly end = reloadOnChange(
    this,
    { files: [] },
    () => ({ files: [], warnings: [] }) as unknown as Config,
    log,
  );

  reload(): Promise<Reloaded> {
    this.reloads++;
    return Promise.resolve(this.outcome);
  }

  readiness() {
    return { upstream: { reachable: this.reachable } };
  }

  async signal(): Promise<void> {
    process.emit('SIGHUP');
    await settled();
  }

  stop(): void {
    this.end();
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Lets time pass in steps in which promises settle. */
async function pass(milliseconds: number): Promise<void> {
  for (let left = milliseconds; left > 0; left -= 10_000) {
    mock.timers.tick(10_000);
    await settled();
  }
}

t.test('its own fault is not tried again: that would be one more wrong password', async (t) => {
  const app = new FakeApp();
  t.teardown(() => app.stop());
  await app.signal();
  await pass(180 * MINUTE);
  t.equal(app.reloads, 1);
});

t.test(
  'a password that was written here before it was changed in the console is taken once the old one is refused',
  async (t) => {
    const app = new FakeApp();
    t.teardown(() => app.stop());
    await app.signal();
    await pass(10 * MINUTE);
    app.reachable = false;
    app.outcome = { kind: 'changed', keys: [], waiting: [] };
    await pass(MINUTE);
    t.equal(app.reloads, 2);
    await pass(180 * MINUTE);
    t.equal(app.reloads, 2, 'and that is all');
  },
);

t.test('a change in an outage is taken behind it, and asked for at longer and longer pauses', async (t) => {
  const app = new FakeApp();
  t.teardown(() => app.stop());
  app.reachable = false;
  await app.signal();
  await pass(60 * MINUTE);
  t.ok(app.reloads > 4 && app.reloads < 12, String(app.reloads));
  app.reachable = true;
  app.outcome = { kind: 'changed', keys: [], waiting: [] };
  const before = app.reloads;
  await pass(10 * MINUTE);
  t.equal(app.reloads, before + 1, 'also though the old one can read again');
});

t.test('nothing is tried after the end', async (t) => {
  const app = new FakeApp();
  app.reachable = false;
  process.emit('SIGHUP');
  app.stop();
  await settled();
  await pass(60 * MINUTE);
  t.equal(app.reloads, 1);
});
