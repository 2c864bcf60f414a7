// How many wrong passwords reach the upstream or are checked here, and that nobody pays for somebody else's.
import fc from 'fast-check';
import t from 'tap';
import { BindRateLimiter } from '../../../src/gate/bind/rate-limiter.js';
import { addressBlock } from '../../../src/runtime/address.js';

const ACCOUNT_WINDOW = 1_800_000;

function make(perAccount = 3, perAddress = 10, window = 60_000, accountWindow = ACCOUNT_WINDOW) {
  let now = 1000;
  const rateLimiter = new BindRateLimiter({ perAccount, accountWindow, perAddress, window, clock: () => now });
  const pass = (milliseconds: number) => {
    now += milliseconds;
  };
  /** A wrong password that reached the upstream, or why it did not. */
  const wrong = (account: string, address: string) => {
    const permission = rateLimiter.take(account, address);
    if (permission === 'allowed') rateLimiter.failed(account, address);
    return permission;
  };
  const right = (account: string, address: string) => {
    const permission = rateLimiter.take(account, address);
    if (permission === 'allowed') rateLimiter.succeeded(account, address);
    return permission;
  };
  return { rateLimiter, pass, wrong, right };
}

t.test('sixty attempts in the same instant: no more than allowed go on (R95)', async (t) => {
  const { rateLimiter } = make();
  const all = Array.from({ length: 60 }, (_, i) => rateLimiter.take('alice', `10.0.0.${i}`));
  t.equal(all.filter((permission) => permission === 'allowed').length, 3);
  t.equal(all.filter((permission) => permission === 'account').length, 57);
  t.equal(rateLimiter.take('bob', '10.0.0.1'), 'allowed', 'another account is not affected (R96)');
});

t.test('a right password resets the account; an outage counts for nothing (R96)', async (t) => {
  const { rateLimiter, wrong, right } = make(3, 100);
  for (let i = 0; i < 20; i++) {
    for (let j = 0; j < 2; j++) t.equal(wrong('alice', 'here'), 'allowed');
    t.equal(right('alice', 'here'), 'allowed');
  }
  for (let i = 0; i < 20; i++) {
    t.equal(rateLimiter.take('alice', 'here'), 'allowed');
    rateLimiter.undecided('alice', 'here');
  }
});

t.test('asking counts nothing, and says what the next attempt would get', async (t) => {
  const { rateLimiter, wrong } = make(2, 5);
  for (let i = 0; i < 10; i++) t.equal(rateLimiter.ask('alice', 'here'), 'allowed');
  for (let i = 0; i < 2; i++) t.equal(wrong('alice', 'here'), 'allowed');
  t.equal(rateLimiter.ask('alice', 'here'), 'account');
  t.equal(rateLimiter.take('alice', 'here'), 'account', 'as it turns out');
  for (let i = 0; i < 3; i++) wrong(`user${i}`, 'here');
  t.equal(rateLimiter.ask('bob', 'here'), 'address');
  t.equal(rateLimiter.take('bob', 'here'), 'address');
});

t.test('one address that has used up its attempts blocks no other (R97)', async (t) => {
  const { rateLimiter, wrong, pass } = make(100, 5);
  for (let i = 0; i < 5; i++) t.equal(wrong(`user${i}`, 'there'), 'allowed');
  t.equal(rateLimiter.take('user9', 'there'), 'address');
  t.equal(rateLimiter.take('user9', 'here'), 'allowed');
  pass(60_000);
  t.equal(rateLimiter.take('user8', 'there'), 'allowed', 'until the window ends');
});

t.test(
  'others’ guesses do not shut an account out where it logged in recently, and never lock it upstream (R115)',
  async (t) => {
    const { right, wrong, pass } = make();
    t.equal(right('alice', 'at home'), 'allowed');
    for (let i = 0; i < 50; i++) wrong('alice', `stranger ${i}`);
    t.equal(wrong('alice', 'stranger'), 'account', 'strangers have used up what they may');
    t.equal(right('alice', 'new place'), 'account', 'a place that nobody knows is one of them');
    t.equal(right('alice', 'at home'), 'allowed');
    for (let i = 0; i < 50; i++) wrong('alice', `stranger ${i}`);
    t.equal(wrong('alice', 'at home'), 'allowed', 'one mistake is in reserve');
    t.equal(right('alice', 'at home'), 'account', 'and no second one: the upstream counts as well');
    pass(ACCOUNT_WINDOW);
    t.equal(right('alice', 'at home'), 'allowed');
  },
);

t.test('nor does an address that is used up by others (R115)', async (t) => {
  const { right, wrong } = make(3, 10);
  right('alice', 'the application');
  for (let i = 0; i < 20; i++) wrong(`user${i}`, 'the application');
  t.equal(wrong('bob', 'the application'), 'address');
  t.equal(right('alice', 'the application'), 'allowed');
  t.equal(wrong('alice', 'the application'), 'allowed');
  t.equal(wrong('alice', 'the application'), 'address', 'a guesser has one try at those who logged in there');
});

t.test('one known place cannot use up what another one has in reserve (R115)', async (t) => {
  const { right, wrong } = make(3, 100);
  right('alice', 'one');
  right('alice', 'two');
  for (let i = 0; i < 50; i++) wrong('alice', 'one');
  t.equal(right('alice', 'one'), 'account');
  t.equal(right('alice', 'two'), 'allowed');
});

t.test('an address is known for a week, and eight of an account', async (t) => {
  const { right, wrong, pass } = make();
  for (let i = 0; i < 9; i++) right('alice', `place ${i}`);
  for (let i = 0; i < 3; i++) wrong('alice', 'stranger');
  t.equal(right('alice', 'place 0'), 'account', 'the oldest gave way');
  t.equal(right('alice', 'place 8'), 'allowed');
  pass(7 * 24 * 3_600_000);
  for (let i = 0; i < 3; i++) wrong('alice', 'stranger');
  t.equal(right('alice', 'place 7'), 'account');
});

t.test('no window of time sees more than the limit, however attempts are spread (R95)', async (t) => {
  const { wrong, pass } = make(3, 1000, 60_000, 400);
  t.equal(wrong('alice', 'here'), 'allowed');
  // The others come late in the first one's window; when that is over, theirs is not.
  pass(250);
  for (let i = 0; i < 2; i++) t.equal(wrong('alice', 'here'), 'allowed');
  pass(150);
  t.equal(wrong('alice', 'here'), 'allowed', 'the first is over');
  t.equal(wrong('alice', 'here'), 'account');
});

t.test('of any order of events from anywhere no window sees more than one above the limit (R95, R114)', async (t) => {
  const event = fc.record({
    pause: fc.integer({ min: 0, max: 60 }),
    outcome: fc.constantFrom('wrong', 'right', 'outage'),
    address: fc.constantFrom('one', 'two', 'three'),
    /** How long the upstream takes. */
    takes: fc.integer({ min: 0, max: 80 }),
  });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 80 }), (events) => {
      const { rateLimiter, pass } = make(3, 1000, 100, 100);
      let now = 0;
      /** When wrong passwords were counted upstream since the last right one. */
      let wrong: number[] = [];
      const open: { due: number; settle: () => void }[] = [];
      const settleDue = () => {
        for (const one of open.filter(({ due }) => due <= now)) {
          open.splice(open.indexOf(one), 1);
          one.settle();
        }
      };
      for (const { pause, outcome, address, takes } of events) {
        pass(pause);
        now += pause;
        settleDue();
        if (rateLimiter.take('alice', address) !== 'allowed') continue;
        // The upstream counts when it is asked, and we know when it has answered.
        if (outcome === 'wrong') wrong.push(now);
        const settle = () => {
          if (outcome === 'wrong') rateLimiter.failed('alice', address);
          else if (outcome === 'outage') rateLimiter.undecided('alice', address);
          else {
            wrong = wrong.filter((at) => open.some(({ due }) => due > now) && at === now);
            rateLimiter.succeeded('alice', address);
          }
        };
        if (outcome === 'right' || takes === 0) settle();
        else open.push({ due: now + takes, settle });
        if (wrong.filter((at) => now - at < 100).length > 4) return false;
      }
      return true;
    }),
    { numRuns: 500 },
  );
  t.pass('none did');
});

t.test('a guesser of a password that is checked here is limited by account and address (R113)', async (t) => {
  const { rateLimiter, pass } = make(3, 10);
  const guess = (account: string, address: string) => {
    const permission = rateLimiter.takeHere(account, address);
    if (permission === 'allowed') rateLimiter.settledHere(account, address, 'wrong');
    return permission;
  };
  const all = Array.from({ length: 100 }, () => guess('cn=app', 'there'));
  t.equal(all.filter((permission) => permission === 'allowed').length, 3);
  t.equal(rateLimiter.refused.account, 97, 'it is counted');
  t.equal(guess('cn=app', 'here'), 'allowed', 'elsewhere the account goes on');
  for (let i = 0; i < 100; i++) guess(`cn=app ${i}`, 'there');
  t.equal(rateLimiter.takeHere('cn=another', 'there'), 'address', 'many accounts, one address');
  pass(60_000);
  t.equal(guess('cn=app', 'there'), 'allowed');
});

t.test('at the same instant as well, and what its client did not wait for is given back (R113)', async (t) => {
  const { rateLimiter } = make(3, 10);
  const all = Array.from({ length: 60 }, () => rateLimiter.takeHere('cn=app', 'here'));
  t.equal(all.filter((permission) => permission === 'allowed').length, 3);
  rateLimiter.settledHere('cn=app', 'here', 'undecided');
  t.equal(rateLimiter.takeHere('cn=app', 'here'), 'allowed');
});

t.test('where an application logs in, guesses beside it do not shut it out (R115)', async (t) => {
  const { rateLimiter } = make(3, 10);
  t.equal(rateLimiter.takeHere('cn=app', 'here'), 'allowed');
  rateLimiter.settledHere('cn=app', 'here', 'right');
  for (let i = 0; i < 9; i++) {
    t.equal(rateLimiter.takeHere('cn=app', 'here'), 'allowed');
    rateLimiter.settledHere('cn=app', 'here', 'wrong');
  }
  t.equal(rateLimiter.takeHere('cn=app', 'here'), 'allowed');
  rateLimiter.settledHere('cn=app', 'here', 'wrong');
  t.equal(rateLimiter.takeHere('cn=app', 'here'), 'account', 'those at its own account are held back later');
});

t.test('an account upstream and one of the same name here are two', async (t) => {
  const { rateLimiter, wrong } = make();
  for (let i = 0; i < 3; i++) wrong('cn=app', 'here');
  t.equal(wrong('cn=app', 'here'), 'account');
  t.equal(rateLimiter.takeHere('cn=app', 'here'), 'allowed');
  rateLimiter.settledHere('cn=app', 'here', 'right');
  t.equal(rateLimiter.ask('cn=app', 'here'), 'account', 'to log in here is not to have logged in there');
});

t.test('look-ups are counted before they are asked, and given back for those who may come in (R97)', async (t) => {
  const { rateLimiter, pass, wrong } = make(3, 5, 1000);
  const all = Array.from({ length: 250 }, () => rateLimiter.takeLookUp('there'));
  t.equal(all.filter((isAllowed) => isAllowed).length, 5, 'also at the same time');
  t.ok(rateLimiter.takeLookUp('here'), 'another address may');
  t.equal(wrong('alice', 'there'), 'allowed', 'and so may a member');
  t.equal(rateLimiter.refused.address, 245, 'it is counted');
  rateLimiter.giveBackLookUp('there');
  t.ok(rateLimiter.takeLookUp('there'));
  t.notOk(rateLimiter.takeLookUp('there'));
  pass(1000);
  t.ok(rateLimiter.takeLookUp('there'), 'until the window ends');
});

t.test('the addresses of one IPv6 network share what they may (R116)', async (t) => {
  const { rateLimiter, wrong } = make(100, 5);
  for (let i = 0; i < 5; i++) wrong(`user${i}`, addressBlock(`2001:db8:0:1::${i}`));
  t.equal(rateLimiter.ask('bob', addressBlock('2001:db8:0:1:ffff::1')), 'address');
  t.equal(rateLimiter.ask('bob', addressBlock('2001:db8:0:2::1')), 'allowed');
});

t.test('however many addresses and accounts come, no more than some are held (R73)', async (t) => {
  const { rateLimiter, pass } = make(1, 1, 1000);
  for (let i = 0; i < 60_000; i++) {
    rateLimiter.take(`account ${i}`, 'here');
    rateLimiter.failed(`account ${i}`, `address ${i}`);
    rateLimiter.takeHere(`cn=${i}`, `there ${i}`);
    rateLimiter.takeLookUp(`elsewhere ${i}`);
  }
  t.equal(rateLimiter.ask('bob', 'address 59999'), 'address', 'the newest is held');
  t.equal(rateLimiter.ask('bob', 'address 0'), 'allowed', 'the oldest gave way');
  t.ok(rateLimiter.size <= 200_000, `${rateLimiter.size} at most`);
  for (let i = 0; i < 2; i++) {
    pass(1000);
    rateLimiter.failed('another', 'another');
    rateLimiter.takeHere('another', 'and another');
    rateLimiter.takeLookUp('another');
  }
  t.ok(rateLimiter.size <= 60_000, `${rateLimiter.size}: addresses are forgotten when their windows are over`);
});

t.test('many right passwords being checked from one address are not failures of it (R96, R97)', async (t) => {
  const { rateLimiter } = make(3, 10);
  for (let i = 0; i < 300; i++) t.equal(rateLimiter.take(`user${i}`, 'here'), 'allowed');
});

t.test('an operator can reset an account', async (t) => {
  const { rateLimiter, wrong } = make(1);
  wrong('alice', 'here');
  t.equal(rateLimiter.ask('alice', 'here'), 'account');
  rateLimiter.forget('alice');
  t.equal(rateLimiter.ask('alice', 'here'), 'allowed');
});

t.test('an account that is shut costs the address nothing, so that others behind it still get in', async (t) => {
  const { wrong } = make(1, 5);
  wrong('alice', 'here');
  for (let i = 0; i < 50; i++) t.equal(wrong('alice', 'here'), 'account');
  t.equal(wrong('bob', 'here'), 'allowed');
});

t.test(
  'after too many guesses the cache does not answer either; where the account logged in, up to the limit of the address (R113)',
  async (t) => {
    const { rateLimiter, right, wrong, pass } = make(3, 10);
    right('alice', 'home');
    t.ok(rateLimiter.mayRecall('alice', 'stranger'), 'nothing was guessed');
    for (let i = 0; i < 3; i++) wrong('alice', 'stranger');
    t.notOk(rateLimiter.mayRecall('alice', 'stranger'));
    t.notOk(rateLimiter.mayRecall('alice', 'another stranger'));
    t.ok(rateLimiter.mayRecall('alice', 'home'), 'others’ guesses change nothing there (R115)');
    let compared = 0;
    for (let i = 0; i < 1000; i++) {
      if (rateLimiter.mayRecall('alice', 'home')) compared++;
      wrong('alice', 'home');
    }
    t.ok(compared <= 11, `${compared} guesses are compared with what is cached`);
    pass(ACCOUNT_WINDOW);
    t.ok(rateLimiter.mayRecall('alice', 'stranger'));
  },
);

t.test('guesses at others through its address do not shut an application’s account out (R115)', async (t) => {
  const { rateLimiter, wrong } = make(3, 10);
  rateLimiter.takeHere('cn=app', 'here');
  rateLimiter.settledHere('cn=app', 'here', 'right');
  for (let i = 0; i < 100; i++) wrong(`user${i}`, 'here');
  t.equal(rateLimiter.takeHere('cn=other', 'here'), 'address');
  t.equal(rateLimiter.takeHere('cn=app', 'here'), 'allowed');
});

t.test('while guesses are being checked, the cache reveals nothing either (R113)', async (t) => {
  const { rateLimiter } = make(3, 100);
  for (let i = 0; i < 3; i++) t.equal(rateLimiter.take('alice', 'stranger'), 'allowed');
  t.notOk(rateLimiter.mayRecall('alice', 'stranger'));
  t.notOk(rateLimiter.mayRecall('alice', 'another stranger'));
});

t.test('a right password does not undo failures that were judged since it was sent (R95)', async (t) => {
  const { rateLimiter, wrong, pass } = make(3, 100);
  t.equal(rateLimiter.take('alice', 'home'), 'allowed');
  pass(400);
  for (let i = 0; i < 2; i++) t.equal(wrong('alice', 'there'), 'allowed');
  pass(1);
  rateLimiter.succeeded('alice', 'home');
  t.equal(wrong('alice', 'there'), 'allowed');
  t.equal(wrong('alice', 'there'), 'account', 'three of them may have come behind the right one');
});

t.test('a wrong password that was sent twice counts twice (R95)', async (t) => {
  const { rateLimiter } = make(3, 100);
  for (let i = 0; i < 2; i++) {
    t.equal(rateLimiter.take('alice', 'here'), 'allowed');
    rateLimiter.failed('alice', 'here', 2);
  }
  t.equal(rateLimiter.take('alice', 'here'), 'account');
});

t.test('other limits count from now on, and what was counted stays (R95)', async (t) => {
  const { rateLimiter, wrong, right } = make(3, 100);
  right('alice', 'home');
  for (let i = 0; i < 3; i++) wrong('alice', 'there');
  rateLimiter.configure({
    perAccount: 3,
    accountWindow: ACCOUNT_WINDOW,
    perAddress: 1000,
    window: 60_000,
    clock: () => 1000,
  });
  t.equal(rateLimiter.ask('alice', 'there'), 'account');
  t.equal(rateLimiter.ask('alice', 'home'), 'allowed', 'nor is forgotten where it logged in');
  rateLimiter.configure({
    perAccount: 5,
    accountWindow: ACCOUNT_WINDOW,
    perAddress: 1000,
    window: 60_000,
    clock: () => 1000,
  });
  t.equal(rateLimiter.ask('alice', 'there'), 'allowed');
});

t.test('once the store is away, failures since a right password at another instance count as well (R95)', (t) => {
  const { rateLimiter, pass, wrong } = make(3, 100);
  const wrongTogether = (address: string) => {
    t.equal(rateLimiter.takeShared('alice', address), 'allowed');
    rateLimiter.failed('alice', address);
    pass(1000);
  };
  // Here, before a right password at another instance; then two more of the three that all have together.
  for (const address of ['a', 'b']) wrongTogether(address);
  for (const address of ['c', 'd']) wrongTogether(address);
  t.same([wrong('alice', 'e'), wrong('alice', 'f')], ['account', 'account']);
  // Together they go on, however many were counted here.
  for (const address of ['g', 'h', 'i', 'j']) wrongTogether(address);
  t.end();
});
