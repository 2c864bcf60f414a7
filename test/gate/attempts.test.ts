// How many wrong passwords reach the upstream, and that nobody pays for somebody else's.
import t from 'tap';
import { MemoryAttempts } from '../../src/gate/attempts.js';
import { Pace } from '../../src/gate/pace.js';
import { eventually } from '../support/proxy.js';

const make = (perAccount = 3, perAddress = 10, window = 60_000) =>
  new MemoryAttempts({ perAccount, perAddress, window });

t.test('sixty attempts in the same instant: no more than allowed go on (R95)', async (t) => {
  const attempts = make();
  const all = await Promise.all(Array.from({ length: 60 }, (_, i) => attempts.take('alice', `10.0.0.${i}`)));
  t.equal(all.filter((permission) => permission === 'allowed').length, 3);
  t.equal(all.filter((permission) => permission === 'account').length, 57);
  t.equal(await attempts.take('bob', '10.0.0.1'), 'allowed', 'another account is not affected (R96)');
});

t.test('a right password starts the account anew; an outage counts for nothing (R96)', async (t) => {
  const attempts = make();
  for (let i = 0; i < 3; i++) await attempts.take('alice', 'here');
  t.equal(await attempts.take('alice', 'here'), 'account');
  await attempts.succeeded('alice');
  t.equal(await attempts.take('alice', 'here'), 'allowed');
  await attempts.undecided('alice');
  for (let i = 0; i < 20; i++) {
    t.equal(await attempts.take('alice', 'here'), 'allowed');
    await attempts.undecided('alice');
  }
});

t.test('to ask counts nothing, and says what the next attempt would be told', async (t) => {
  const attempts = make(2, 5);
  for (let i = 0; i < 10; i++) t.equal(await attempts.ask('alice', 'here'), 'allowed');
  for (let i = 0; i < 2; i++) t.equal(await attempts.take('alice', 'here'), 'allowed');
  t.equal(await attempts.ask('alice', 'here'), 'account');
  t.equal(await attempts.take('alice', 'here'), 'account', 'as it turns out');
  for (let i = 0; i < 5; i++) await attempts.failed('here');
  t.equal(await attempts.ask('bob', 'here'), 'address');
  t.equal(await attempts.take('bob', 'here'), 'address');
});

t.test('one address that has used up its attempts blocks no other (R97)', async (t) => {
  const attempts = make(100, 5);
  for (let i = 0; i < 5; i++) {
    t.equal(await attempts.take(`user${i}`, 'there'), 'allowed');
    await attempts.failed('there');
  }
  t.equal(await attempts.take('user9', 'there'), 'address');
  t.equal(await attempts.take('user9', 'here'), 'allowed');
});

t.test(
  'no window of time sees more than the limit: each attempt that goes on begins the window anew (R95)',
  async (t) => {
    const attempts = make(3, 100, 400);
    t.equal(await attempts.take('alice', 'here'), 'allowed');
    const firstAt = performance.now();
    // The others come late in the first one's window; when that is over, theirs is not.
    await eventually(() => performance.now() - firstAt > 250);
    const secondAt = performance.now();
    for (let i = 0; i < 2; i++) t.equal(await attempts.take('alice', 'here'), 'allowed');
    await eventually(() => performance.now() - firstAt > 410);
    const permission = await attempts.take('alice', 'here');
    if (performance.now() - secondAt < 400) t.equal(permission, 'account');
    await eventually(async () => (await attempts.take('alice', 'here')) === 'allowed');
    t.ok(performance.now() - secondAt >= 395, 'and it ends');
  },
);

t.test('many right passwords on their way from one address are no failures of it (R96, R97)', async (t) => {
  const attempts = make(3, 10);
  for (let i = 0; i < 300; i++) t.equal(await attempts.take(`user${i}`, 'here'), 'allowed');
});

t.test('an operator can let an account start anew', async (t) => {
  const attempts = make(1);
  await attempts.take('alice', 'here');
  t.equal(await attempts.take('alice', 'here'), 'account');
  await attempts.forget('alice');
  t.equal(await attempts.take('alice', 'here'), 'allowed');
});

t.test('an account that is shut costs the address nothing, so that others behind it still get in', async (t) => {
  const attempts = make(1, 5);
  await attempts.take('alice', 'here');
  for (let i = 0; i < 50; i++) t.equal(await attempts.take('alice', 'here'), 'account');
  t.equal(await attempts.take('bob', 'here'), 'allowed');
});

t.test(
  'a local refusal is held back for as long as the upstream took, and not at all before it was seen (R3)',
  async (t) => {
    let now = 1000;
    const pace = new Pace(
      () => now,
      () => 0,
      5000,
    );
    let isDone = false;
    pace.hold(1000, () => {
      isDone = true;
    });
    t.ok(isDone, 'nothing is known yet');
    pace.observed(30);
    const startedAt = now;
    await new Promise<void>((resolve) => {
      isDone = false;
      pace.hold(startedAt, () => {
        isDone = true;
        resolve();
      });
      t.notOk(isDone, 'not at once');
    });
    now = 2000;
    isDone = false;
    pace.hold(1000, () => {
      isDone = true;
    });
    t.ok(isDone, 'what took longer anyhow is not held back');
    const giveUp = pace.hold(2000, () => t.fail('given up'));
    giveUp();
    const bounded = new Pace(
      () => now,
      () => 0,
      20,
    );
    bounded.observed(1_000_000);
    await new Promise<void>((resolve) => void bounded.hold(now, resolve));
    t.pass('and never longer than the time allowed');
  },
);
