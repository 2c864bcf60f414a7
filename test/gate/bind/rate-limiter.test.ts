// How many wrong passwords reach the upstream, and that nobody pays for somebody else's.
import fc from 'fast-check';
import t from 'tap';
import { BindRateLimiter } from '../../../src/gate/bind/rate-limiter.js';
import { ResponseTiming } from '../../../src/gate/bind/response-timing.js';

function make(perAccount = 3, perAddress = 10, window = 60_000) {
  let now = 1000;
  const rateLimiter = new BindRateLimiter({ perAccount, perAddress, window, clock: () => now });
  const pass = (milliseconds: number) => {
    now += milliseconds;
  };
  return { rateLimiter, pass };
}

t.test('sixty attempts in the same instant: no more than allowed go on (R95)', async (t) => {
  const { rateLimiter } = make();
  const all = Array.from({ length: 60 }, (_, i) => rateLimiter.take('alice', `10.0.0.${i}`));
  t.equal(all.filter((permission) => permission === 'allowed').length, 3);
  t.equal(all.filter((permission) => permission === 'account').length, 57);
  t.equal(rateLimiter.take('bob', '10.0.0.1'), 'allowed', 'another account is not affected (R96)');
});

t.test('a right password starts the account anew; an outage counts for nothing (R96)', async (t) => {
  const { rateLimiter } = make();
  for (let i = 0; i < 3; i++) rateLimiter.take('alice', 'here');
  t.equal(rateLimiter.take('alice', 'here'), 'account');
  rateLimiter.succeeded('alice');
  t.equal(rateLimiter.take('alice', 'here'), 'allowed');
  rateLimiter.undecided('alice');
  for (let i = 0; i < 20; i++) {
    t.equal(rateLimiter.take('alice', 'here'), 'allowed');
    rateLimiter.undecided('alice');
  }
});

t.test('to ask counts nothing, and says what the next attempt would be told', async (t) => {
  const { rateLimiter } = make(2, 5);
  for (let i = 0; i < 10; i++) t.equal(rateLimiter.ask('alice', 'here'), 'allowed');
  for (let i = 0; i < 2; i++) t.equal(rateLimiter.take('alice', 'here'), 'allowed');
  t.equal(rateLimiter.ask('alice', 'here'), 'account');
  t.equal(rateLimiter.take('alice', 'here'), 'account', 'as it turns out');
  for (let i = 0; i < 5; i++) rateLimiter.failed('here');
  t.equal(rateLimiter.ask('bob', 'here'), 'address');
  t.equal(rateLimiter.take('bob', 'here'), 'address');
});

t.test('one address that has used up its attempts blocks no other (R97)', async (t) => {
  const { rateLimiter } = make(100, 5);
  for (let i = 0; i < 5; i++) {
    t.equal(rateLimiter.take(`user${i}`, 'there'), 'allowed');
    rateLimiter.failed('there');
  }
  t.equal(rateLimiter.take('user9', 'there'), 'address');
  t.equal(rateLimiter.take('user9', 'here'), 'allowed');
});

t.test('no window of time sees more than the limit: each attempt that goes on begins it anew (R95)', async (t) => {
  const { rateLimiter, pass } = make(3, 100, 400);
  t.equal(rateLimiter.take('alice', 'here'), 'allowed');
  // The others come late in the first one's window; when that is over, theirs is not.
  pass(250);
  for (let i = 0; i < 2; i++) t.equal(rateLimiter.take('alice', 'here'), 'allowed');
  pass(160);
  t.equal(rateLimiter.take('alice', 'here'), 'account');
  pass(239);
  t.equal(rateLimiter.take('alice', 'here'), 'account', 'what is refused begins nothing anew');
  pass(1);
  t.equal(rateLimiter.take('alice', 'here'), 'allowed', 'and it ends');
});

t.test('of any order of events no window sees more than the limit (R95)', async (t) => {
  const event = fc.record({
    pause: fc.integer({ min: 0, max: 60 }),
    outcome: fc.constantFrom('wrong', 'right', 'outage'),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      const { rateLimiter, pass } = make(3, 1000, 100);
      let now = 0;
      /** When wrong passwords reached the upstream since the last right one. */
      let wrong: number[] = [];
      for (const { pause, outcome } of events) {
        pass(pause);
        now += pause;
        if (rateLimiter.take('alice', 'here') !== 'allowed') continue;
        if (outcome === 'wrong') {
          wrong.push(now);
          rateLimiter.failed('here');
        } else if (outcome === 'right') {
          wrong = [];
          rateLimiter.succeeded('alice');
        } else rateLimiter.undecided('alice');
        if (wrong.filter((at) => now - at < 100).length > 3) return false;
      }
      return true;
    }),
  );
  t.pass('none did');
});

t.test('names that are nobody’s count against their address, and shut out no member behind it (R97)', async (t) => {
  const { rateLimiter, pass } = make(3, 5, 1000);
  for (let i = 0; i < 5; i++) {
    t.ok(rateLimiter.mayLookUp('there'));
    rateLimiter.foundNobody('there');
  }
  t.notOk(rateLimiter.mayLookUp('there'));
  t.ok(rateLimiter.mayLookUp('here'), 'another address may');
  t.equal(rateLimiter.take('alice', 'there'), 'allowed', 'and so may a member');
  t.equal(rateLimiter.refused.address, 1, 'it is told');
  pass(1000);
  t.ok(rateLimiter.mayLookUp('there'), 'until the window ends');
});

t.test('however many addresses and accounts come, no more than some are held (R73)', async (t) => {
  const { rateLimiter, pass } = make(1, 1, 1000);
  for (let i = 0; i < 60_000; i++) {
    rateLimiter.failed(`address ${i}`);
    rateLimiter.take(`account ${i}`, 'here');
  }
  t.equal(rateLimiter.ask('bob', 'address 59999'), 'address', 'the newest is held');
  t.equal(rateLimiter.ask('bob', 'address 0'), 'allowed', 'the oldest gave way');
  t.ok(rateLimiter.size <= 150_000, `${rateLimiter.size} at most`);
  for (let i = 0; i < 2; i++) {
    pass(1000);
    rateLimiter.failed('another');
    rateLimiter.take('another', 'here');
  }
  t.ok(rateLimiter.size <= 4, `${rateLimiter.size} are held when the windows are over`);
});

t.test('many right passwords on their way from one address are no failures of it (R96, R97)', async (t) => {
  const { rateLimiter } = make(3, 10);
  for (let i = 0; i < 300; i++) t.equal(rateLimiter.take(`user${i}`, 'here'), 'allowed');
});

t.test('an operator can let an account start anew', async (t) => {
  const { rateLimiter } = make(1);
  rateLimiter.take('alice', 'here');
  t.equal(rateLimiter.take('alice', 'here'), 'account');
  rateLimiter.forget('alice');
  t.equal(rateLimiter.take('alice', 'here'), 'allowed');
});

t.test('an account that is shut costs the address nothing, so that others behind it still get in', async (t) => {
  const { rateLimiter } = make(1, 5);
  rateLimiter.take('alice', 'here');
  for (let i = 0; i < 50; i++) t.equal(rateLimiter.take('alice', 'here'), 'account');
  t.equal(rateLimiter.take('bob', 'here'), 'allowed');
});

t.test(
  'a local refusal is held back for as long as the upstream took, and not before that was seen (R3)',
  async (t) => {
    const responseTiming = new ResponseTiming(() => 0, 5000);
    t.equal(responseTiming.rest(0), 0, 'nothing is known yet');
    responseTiming.observed(30);
    t.equal(responseTiming.rest(0), 30);
    t.equal(responseTiming.rest(12), 18, 'what it took so far counts');
    t.equal(responseTiming.rest(1000), 0, 'what took longer anyhow is not held back');
    const bounded = new ResponseTiming(() => 0, 20);
    bounded.observed(1_000_000);
    t.equal(bounded.rest(0), 20, 'and never longer than the time allowed');
  },
);
