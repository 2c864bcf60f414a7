// The moment at which refusals end: one for all of them, whichever of a bind and a look-up is the slower one (R3, R117).
import fc from 'fast-check';
import t from 'tap';
import { ResponseTiming } from '../../../src/gate/bind/response-timing.js';

function make(longest = 5000) {
  let now = 0;
  const timing = new ResponseTiming(() => now, longest);
  const pass = (ms: number) => {
    now += ms;
  };
  return { timing, pass };
}

t.test('nothing is held back before anything was seen, and never longer than allowed', async (t) => {
  const { timing } = make(20);
  t.equal(timing.rest(0), 0);
  timing.observed('bind', 1_000_000);
  t.equal(timing.rest(0), 20);
  t.equal(timing.rest(19.5), 1, 'whole milliseconds');
  t.equal(timing.rest(20), 0);
});

t.test('all refusals are held until the higher of both 95th percentiles', async (t) => {
  const ms = fc.integer({ min: 0, max: 1000 });
  fc.assert(
    fc.property(fc.array(ms, { maxLength: 64 }), fc.array(ms, { maxLength: 64 }), (binds, lookUps) => {
      const { timing } = make();
      for (const one of binds) timing.observed('bind', one);
      for (const one of lookUps) timing.observed('lookUp', one);
      const common = timing.rest(0);
      // Of each kind no more than one in twenty is known only later, and stands out.
      return [binds, lookUps].every((all) => all.filter((one) => one > common).length <= all.length / 20);
    }),
  );
  t.pass('they are');
});

t.test('many of one kind do not hide the other', async (t) => {
  const { timing } = make();
  timing.observed('bind', 300);
  for (let i = 0; i < 1000; i++) timing.observed('lookUp', 5);
  t.equal(timing.rest(0), 300);
});

t.test('what is not recent any more counts no more, beside the newest', async (t) => {
  const { timing, pass } = make();
  for (let i = 0; i < 10; i++) timing.observed('bind', 2000);
  pass(600_001);
  timing.observed('bind', 30);
  t.equal(timing.rest(0), 30);
  for (let i = 0; i < 10; i++) timing.observed('lookUp', 900);
  timing.observed('lookUp', 10);
  pass(600_001);
  t.equal(timing.rest(0), 30, 'of the look-ups the newest is left');
});
