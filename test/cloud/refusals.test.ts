// Which refusals JumpCloud is asked about: once per account and minute, bounded, and fair in a flood.
import t from 'tap';
import { CloudError } from '../../src/cloud/ports.js';
import { Investigation, type Question } from '../../src/cloud/reason/investigation.js';
import { type Refusal, Refusals } from '../../src/cloud/refusals.js';
import type { CloudFinding } from '../../src/gate/explain/cloud-reason.js';
import { FakeCloud } from '../support/fake-cloud.js';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

const refusal = (account: string, more: Partial<Refusal> = {}): Refusal => ({
  account,
  groups: ['wayk-users'],
  isCredentialRefused: true,
  isInMirror: true,
  isMfaHost: false,
  isKnownAccount: true,
  from: 0,
  to: 1,
  address: '192.0.2.1',
  ...more,
});
const invented = (account: string, more: Partial<Refusal> = {}) =>
  refusal(account, { isCredentialRefused: false, isInMirror: false, isKnownAccount: false, ...more });

async function* nobody(): AsyncGenerator<readonly string[]> {}

/** Questions that are answered when the test says so. */
function held(pages: () => AsyncIterable<readonly string[]> = nobody) {
  const asked: {
    readonly account: string;
    readonly answer: (more?: Partial<CloudFinding>) => void;
    readonly fail: (error: Error) => void;
  }[] = [];
  const defects: unknown[] = [];
  const time = { now: 0 };
  const find = ({ account }: Question) =>
    new Promise<CloudFinding>((resolve, reject) =>
      asked.push({
        account,
        answer: (more = {}) => resolve({ reason: 'suspended', account, foundAt: 0, calls: 1, ...more }),
        fail: reject,
      }),
    );
  const reads = { count: 0 };
  const names = () => {
    reads.count += 1;
    return pages();
  };
  const refusals = new Refusals({
    ...{ find, names, clock: () => time.now, now: () => time.now },
    defect: (error) => defects.push(error),
  });
  return { asked, defects, reads, refusals, time };
}

t.test('an account is asked about once a minute; the answer is for all of its refusals in that minute', async (t) => {
  const { asked, refusals, time } = held();
  const told: string[] = [];
  refusals.refused(refusal('ada'), () => told.push('first'));
  refusals.refused(refusal('ADA'), () => told.push('second'));
  t.equal(asked.length, 1);
  t.same(told, [], 'nothing is reported before it is known');
  asked[0]!.answer();
  await turn();
  t.same(told, ['first', 'second']);
  time.now = 59_999;
  refusals.refused(refusal('ada'), () => told.push('third'));
  t.equal(told.length, 3);
  t.equal(refusals.found(refusal('ada'))?.reason, 'suspended');
  refusals.refused(refusal('ada', { groups: ['others'] }), () => told.push('of another app'));
  t.equal(asked.length, 2, 'the groups of another app are another question');
  time.now = 60_000;
  t.equal(refusals.found(refusal('ada')), undefined);
  refusals.refused(refusal('ada'), () => told.push('fourth'));
  t.equal(asked.length, 3);
});

const WRONG = { reason: 'password-wrong', isOfAttempt: true } as const;
const PUSH = { reason: 'push-unanswered', isOfAttempt: true } as const;

t.test('what is said of one attempt is said of no other, at the same time or later', async (t) => {
  for (const [one, other] of [
    [PUSH, WRONG],
    [WRONG, PUSH],
  ] as const) {
    const { asked, refusals, time } = held();
    const told: string[] = [];
    const hear = (name: string) => refusals.refused(refusal('ada'), ({ reason }) => told.push(`${name}: ${reason}`));
    hear('first');
    hear('second');
    asked[0]!.answer(one);
    await turn();
    t.same(told, [`first: ${one.reason}`]);
    asked[1]!.answer(other);
    await turn();
    t.same(told, [`first: ${one.reason}`, `second: ${other.reason}`]);
    t.equal(refusals.found(refusal('ada')), undefined);
    time.now = 30_000;
    hear('third');
    asked[2]!.answer();
    await turn();
    t.equal(told.at(-1), 'third: suspended');
    hear('fourth');
    t.equal(asked.length, 3, 'that holds for all');
    t.equal(told.at(-1), 'fourth: suspended');
  }
});

t.test('attempts of one account are asked about four times in a row, and once a minute on the whole', async (t) => {
  const { asked, refusals, time } = held();
  const told: number[] = [];
  for (let index = 0; index < 64; index++) refusals.refused(refusal('ada'), () => told.push(index));
  for (let next = 0; next < asked.length; next++) {
    asked[next]!.answer(WRONG);
    await turn();
  }
  t.same(told, [0, 1, 2, 3]);
  t.equal(refusals.dropped.attempts, 60);
  t.equal(refusals.size, 0);
  refusals.refused(refusal('bob'), () => undefined);
  t.equal(asked.at(-1)!.account, 'bob', 'others have theirs');
  asked.at(-1)!.answer();
  await turn();
  const explained = refusals.ask(refusal('ada', { address: '' }));
  asked.at(-1)!.answer(PUSH);
  t.match(await explained, PUSH, 'and so does the operator');
  for (let minute = 1; minute <= 60; minute++) {
    time.now = minute * 60_000;
    for (let index = 0; index < 10; index++) {
      const before = asked.length;
      refusals.refused(refusal('ada'), () => told.push(index));
      if (asked.length > before) asked.at(-1)!.answer(WRONG);
      await turn();
    }
  }
  t.equal(told.length, 64);
});

t.test('when the account has changed, nothing that was found before is said any more', async (t) => {
  const { asked, refusals } = held();
  const told: string[] = [];
  const hear = (more?: Partial<Refusal>) => refusals.refused(refusal('ada', more), ({ reason }) => told.push(reason));
  const ask = async (reason: CloudFinding['reason'], more?: Partial<Refusal>) => {
    const before = asked.length;
    hear(more);
    if (asked.length > before) asked.at(-1)!.answer({ reason });
    await turn();
    return asked.length > before;
  };
  t.ok(await ask('password-expired'));
  t.ok(await ask('not-in-group', { groups: ['others'] }));
  refusals.forget('bob');
  t.notOk(await ask('suspended'), 'another account');
  refusals.forget('ADA');
  t.ok(await ask('suspended'));
  t.ok(await ask('suspended', { groups: ['others'] }), 'of all apps');
  t.same(told, ['password-expired', 'not-in-group', 'password-expired', 'suspended', 'suspended']);
  refusals.forget('ada');
  hear();
  refusals.forget('ada');
  hear();
  asked.at(-2)!.answer({ reason: 'locked' });
  asked.at(-1)!.answer({ reason: 'staged' });
  await turn();
  t.same(told.slice(5), ['locked', 'staged'], 'what was being asked about meanwhile is said of the one before alone');
  t.equal(refusals.found(refusal('ada'))?.reason, 'staged');
  t.equal(refusals.size, 0);
});

t.test('two at a time, 32 wait, and the newest is dropped', async (t) => {
  const { asked, refusals } = held();
  for (let index = 0; index < 100; index++) refusals.refused(refusal(`user${index}`), () => undefined);
  t.same(
    asked.map(({ account }) => account),
    ['user0', 'user1'],
  );
  t.equal(refusals.size, 34);
  t.equal(refusals.dropped.full, 66);
  for (let index = 0; index < 34; index++) {
    asked[index]!.answer();
    await turn();
  }
  t.equal(asked.length, 34);
  t.equal(asked[33]!.account, 'user33');
  t.equal(refusals.size, 0);
});

t.test('refusals that share a question are bounded, and so are findings', async (t) => {
  const { asked, refusals } = held();
  let told = 0;
  for (let index = 0; index < 1000; index++)
    refusals.refused(refusal('ada'), () => {
      told += 1;
    });
  asked[0]!.answer();
  await turn();
  t.equal(told, 64);
  t.equal(refusals.dropped.full, 936);
  for (let index = 0; index < 1000; index++) {
    refusals.refused(refusal(`user${index}`), () => undefined);
    asked.at(-1)!.answer();
    await turn();
  }
  t.equal(refusals.found(refusal('ada')), undefined, 'the oldest is forgotten');
  t.not(refusals.found(refusal('user0')), undefined);
  refusals.refused(refusal('x'.repeat(257)), () => undefined);
  t.equal(refusals.dropped.name, 1);
});

t.test('a flood of invented names costs few calls, and a member gets its reason meanwhile', async (t) => {
  const cloud = new FakeCloud();
  let now = 0;
  const investigation = new Investigation(cloud.api, () => now);
  const refusals = new Refusals({
    find: (question) => investigation.find(question),
    names: nobody,
    clock: () => now,
    now: () => now,
    defect: () => t.fail(),
  });
  const told: CloudFinding[] = [];
  for (let index = 0; index < 100_000; index++) {
    refusals.refused(invented(`made-up${index}`, { address: `192.0.2.${index % 250}` }), () => undefined);
    if (index === 50_000) refusals.refused(refusal('ada'), (finding) => told.push(finding));
    if (index % 100 === 0) await turn();
    now += 1;
  }
  t.match(told, [{ reason: 'password-wrong', account: 'ada', calls: 6 }]);
  t.ok(cloud.calls.filter((call) => call === 'user').length <= 61, `${cloud.calls.length} calls`);
  t.ok(cloud.calls.length <= 66);
  t.equal(refusals.size, 0);
});

t.test('one address spends its own share of unknown names; the hour over, it has a new one', async (t) => {
  const { asked, refusals, time } = held();
  const ask = async (name: string, address: string) => {
    const before = asked.length;
    refusals.refused(invented(name, { address }), () => undefined);
    if (asked.length > before) asked.at(-1)!.answer();
    await turn();
    return asked.length > before;
  };
  for (let index = 0; index < 12; index++) t.ok(await ask(`made-up${index}`, '192.0.2.1'));
  t.notOk(await ask('one-more', '192.0.2.1'));
  await turn();
  t.ok(await ask('one-more', '192.0.2.2'));
  t.equal(refusals.dropped.share, 1);
  time.now = 3_600_000;
  t.ok(await ask('later', '192.0.2.1'));
});

t.test('users in the console lose no reason to invented names, whether or not they are in LDAP', async (t) => {
  const pages = async function* () {
    yield ['bob', 'bob@example.com'];
    yield ['Kessia', 'kessia@example.com'];
  };
  for (const isSlow of [false, true]) {
    const { asked, reads, refusals, time } = held(pages);
    const told: string[] = [];
    const ask = async (account: string, reason: CloudFinding['reason'] = 'not-in-group') => {
      const before = asked.length;
      refusals.refused(invented(account), (finding) => told.push(finding.account));
      await turn();
      await turn();
      if (asked.length > before && !(isSlow && account.startsWith('made-up'))) asked.at(-1)!.answer({ reason });
      await turn();
      return asked.length > before;
    };
    for (let index = 0; index < 9; index++) await ask(`made-up${index}`, 'no-such-user');
    t.equal(reads.count, 0, 'as long as there is room for all nobody reads the list');
    for (let index = 9; index < 1000; index++) await ask(`made-up${index}`, 'no-such-user');
    t.equal(asked.length, isSlow ? 1 : 12);
    t.ok(await ask('kessia'));
    t.ok(await ask('bob@example.com'));
    t.same(told.slice(-2), ['kessia', 'bob@example.com']);
    t.notOk(await ask('kessia.not'));
    t.equal(reads.count, 1, 'once an hour');
    time.now = 3_600_000;
    for (let index = 0; index < 100; index++) await ask(`made-up${index}`, 'no-such-user');
    t.equal(reads.count, 2);
    t.ok(await ask('kessia'));
  }
});

t.test(
  'while the list of names is being read refusals wait for it; a read that fails costs no reason twice',
  async (t) => {
    let go = () => {};
    let isBroken = false;
    const pages = async function* () {
      yield ['bob'];
      await new Promise<void>((resolve) => {
        go = resolve;
      });
      if (isBroken) throw new CloudError('away', 'users: 503');
      yield ['kessia'];
    };
    const { asked, defects, reads, refusals, time } = held(pages);
    const flood = (name: string) => {
      for (let index = 0; index < 9; index++) refusals.refused(invented(`${name}${index}`), () => undefined);
    };
    flood('made-up');
    const told: string[] = [];
    refusals.refused(invented('kessia'), ({ account }) => told.push(account));
    for (let index = 0; index < 1000; index++) refusals.refused(invented(`more${index}`), () => undefined);
    t.equal(refusals.dropped.full, 1001 - 64, 'a bounded number of them');
    await turn();
    go();
    await turn();
    t.equal(asked.at(-1)!.account, 'kessia');
    asked.at(-1)!.answer();
    await turn();
    t.same(told, ['kessia']);
    isBroken = true;
    time.now = 3_600_000;
    refusals.refused(invented('kessia'), ({ account }) => told.push(account));
    await turn();
    flood('again');
    await turn();
    go();
    await turn();
    t.equal(reads.count, 2);
    asked.at(-1)!.answer();
    await turn();
    t.equal(told.length, 2);
    time.now += 60_000;
    refusals.refused(invented('kessia'), ({ account }) => told.push(account));
    asked.at(-1)!.answer();
    await turn();
    t.equal(told.length, 3, 'who was known before the read broke off is known still');
    t.same(defects, []);
  },
);

t.test('operators have their own share, and learn when it is used up', async (t) => {
  const { asked, refusals, time } = held();
  const explain = async (name: string) => {
    const before = asked.length;
    const finding = refusals.ask(invented(name, { address: '' }));
    if (asked.length > before) asked.at(-1)!.answer({ reason: 'no-such-user' });
    return (await finding)?.fault ?? (await finding)?.reason;
  };
  for (let index = 0; index < 1000; index++) refusals.refused(invented(`made-up${index}`), () => undefined);
  for (let index = 0; index < 60; index++) t.equal(await explain(`ghost${index}`), 'no-such-user');
  t.equal(await explain('one-more'), 'budget');
  const member = refusals.ask(refusal('ada', { address: '' }));
  asked.at(-1)!.answer();
  t.match(await member, { reason: 'suspended' });
  t.equal(await refusals.ask(refusal('x'.repeat(257))), undefined);
  time.now = 3_600_000;
  t.equal(await explain('one-more'), 'no-such-user');
  for (let index = 0; index < 100; index++) refusals.refused(refusal(`user${index}`), () => undefined);
  t.match(await refusals.ask(refusal('bob', { address: '' })), {
    reason: 'not-known',
    fault: 'budget',
    account: 'bob',
  });
});

t.test('unknown names hold one place at most while the API is slow', async (t) => {
  const { asked, refusals } = held();
  for (let index = 0; index < 20; index++) refusals.refused(invented(`made-up${index}`), () => undefined);
  t.equal(asked.length, 1);
  refusals.refused(refusal('ada'), () => undefined);
  t.equal(asked[1]!.account, 'ada');
});

t.test('a defect ends one question, and after the stop nothing is asked or told', async (t) => {
  const { asked, defects, refusals } = held();
  const told: string[] = [];
  refusals.refused(refusal('ada'), () => told.push('ada'));
  asked[0]!.fail(new Error('defect'));
  await turn();
  t.equal(defects.length, 1);
  refusals.refused(refusal('ada'), () => told.push('ada'));
  t.equal(asked.length, 2, 'it is asked again');
  refusals.stop();
  asked[1]!.answer();
  await turn();
  refusals.refused(refusal('bob'), () => told.push('bob'));
  t.same(told, []);
  t.equal(asked.length, 2);
});
