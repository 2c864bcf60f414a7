// A running Jumpgate keeps a listener for each reader of its events, and drops it in time.
import t from 'tap';
import type { App } from '../../src/app.js';
import { openLog } from '../../src/library/library-log.js';
import { RunningJumpgate } from '../../src/library/running-jumpgate.js';

async function runningWith(stop: () => Promise<void> = async () => {}) {
  let listening = 0;
  const listen = () => {
    listening++;
    return () => listening--;
  };
  const log = await openLog(undefined, { level: 'silent', format: 'json', audit: undefined });
  const signal = new AbortController();
  const unused = () => Promise.reject(new Error('not called here'));
  const app = { listen, stop, reload: unused, purge: unused } as unknown as App;
  const load = () => t.fail('nothing is loaded') as never;
  return {
    jumpgate: new RunningJumpgate(app, load, { ...log, audit: undefined }, signal.signal),
    signal,
    listening: () => listening,
  };
}

t.test('a loop that is left, a signal and the end each drop their listener', async (t) => {
  const { jumpgate, listening } = await runningWith();
  const signal = new AbortController();
  const [left] = [jumpgate.events(), jumpgate.events({ signal: signal.signal }), jumpgate.events()];
  t.equal(listening(), 3);
  await left!.return!();
  t.equal(listening(), 2);
  signal.abort();
  t.equal(listening(), 1);
  await jumpgate.stop();
  t.equal(listening(), 0);
  jumpgate.events();
  t.equal(listening(), 0, 'behind the end');
});

t.test('an end that fails after a signal rejects for a caller that waits for it, and for no one else', async (t) => {
  const { jumpgate, signal, listening } = await runningWith(() => Promise.reject(new Error('planted')));
  const rejections: unknown[] = [];
  const keep = (error: unknown) => rejections.push(error);
  process.on('unhandledRejection', keep);
  t.teardown(() => process.removeListener('unhandledRejection', keep));
  const events = jumpgate.events();
  signal.abort();
  await new Promise(setImmediate);
  t.same(rejections, []);
  await t.rejects(jumpgate.stop(), /planted/);
  t.same(await events.next(), { value: undefined, done: true });
  t.equal(listening(), 0);
});
