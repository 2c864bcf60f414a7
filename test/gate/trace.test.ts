import t from 'tap';
import { Trace } from '../../src/gate/trace.js';

t.test(
  'a turn’s time that was read before the operation began: no time is negative, and the wait upstream counts',
  async (t) => {
    let now = 1000;
    const trace = new Trace('bind', () => now);
    trace.step('verify', 'sent upstream', 999.7);
    trace.asked(999.7);
    now = 1002;
    trace.answered(1002);
    trace.end(0, 'ok', 1002);
    t.equal(trace.upstream, 2);
    t.equal(trace.duration, 2);
    t.strictSame(trace.steps, [{ name: 'verify', decision: 'sent upstream', at: 0 }]);
  },
);

t.test('asked in the very moment when it began, and ended without an answer', async (t) => {
  let now = 5;
  const trace = new Trace('bind', () => now);
  trace.asked(now);
  now = 6.5;
  trace.end(80, 'defect');
  t.equal(trace.upstream, 1.5);
});
