// The reader's own account, as JumpCloud has it: asked about each hour, sooner if something is wrong, and never again immediately.
import { mock } from 'node:test';
import t, { type Test } from 'tap';
import { type CloudApi, CloudError, type CloudFault, type CloudUser } from '../../src/cloud/ports.js';
import { readerFaults } from '../../src/cloud/reader-account.js';
import { ReaderWatch } from '../../src/cloud/reader-watch.js';
import { ADA } from '../support/fake-cloud.js';

const MINUTE = 60_000;
const DAY = 86_400_000;
const READER: CloudUser = { ...ADA, username: 'reader', isBindUser: true, passwordNeverExpires: true };

function site(t: Test) {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.teardown(() => mock.timers.reset());
  let now = 0;
  let user: CloudUser | undefined = READER;
  let fault: CloudFault | undefined;
  const asked: string[] = [];
  const told: string[] = [];
  const makeApi = (): Pick<CloudApi, 'user'> => ({
    user: async (purpose, name, byMail) => {
      asked.push(`${purpose} ${name} ${byMail ?? false}`);
      if (fault !== undefined) throw new CloudError(fault, 'x');
      return user;
    },
  });
  const watch = new ReaderWatch({
    changed: (faults) => told.push(faults.map(({ text }) => text).join('; ')),
    defect: (error) => t.fail(String(error)),
    clock: () => now,
    now: () => now,
    random: () => 0.5,
  });
  const settle = async () => {
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  /** In steps of a minute. */
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= MINUTE) {
      now += Math.min(left, MINUTE);
      mock.timers.tick(Math.min(left, MINUTE));
      await settle();
    }
  };
  return {
    ...{ watch, asked, told, makeApi, settle },
    is: (next: CloudUser | undefined) => {
      user = next;
    },
    fails: (next: CloudFault | undefined) => {
      fault = next;
    },
    /** The number of requests within these milliseconds. */
    callsIn: async (ms: number) => {
      const before = asked.length;
      await pass(ms);
      return asked.length - before;
    },
  };
}

t.test('what blocks the reader, with its remedy', async (t) => {
  const of = (change: Partial<CloudUser> | undefined, now = 0) =>
    readerFaults(change && { ...READER, ...change }, 'reader', now);
  const ends = { passwordNeverExpires: false };
  for (const [change, text] of [
    [{}, ''],
    [{ state: 'unknown' as const }, ''],
    [{ ...ends, passwordExpiresAt: undefined }, ''],
    [{ ...ends, passwordExpiresAt: 15 * DAY }, ''],
    [{ ...ends, passwordExpiresAt: 15 * DAY - 1 }, 'the password of reader expires in 14 days: then nobody can log in'],
    [{ ...ends, passwordExpiresAt: DAY }, 'the password of reader expires in 1 day: then nobody can log in'],
    [{ ...ends, passwordExpiresAt: DAY - 1 }, 'the password of reader expires within a day: then nobody can log in'],
    [{ isPasswordExpired: true }, 'the password of reader has expired'],
    [{ isBindUser: false }, 'reader is not an LDAP Bind DN'],
    [{ isSuspended: true }, 'reader is suspended'],
    [{ state: 'suspended' as const }, 'reader is suspended'],
    [{ state: 'staged' as const, isActivated: false }, 'reader is staged'],
    [{ isActivated: false }, 'reader has no password yet'],
    [{ isActivated: false, authority: 'ActiveDirectory' }, ''],
    [{ isLocked: true }, 'reader is locked'],
    [{ isLocked: true, isPasswordExpired: true }, 'reader is locked; the password of reader has expired'],
    [undefined, 'reader: no such user'],
  ] as const)
    t.equal(
      of(change)
        .map((fault) => fault.text)
        .join('; '),
      text,
    );
  for (const { remedy } of [...of({ isLocked: true, isBindUser: false, isPasswordExpired: true }), ...of(undefined)])
    t.ok(remedy.length > 10, remedy);
});

t.test('in order it is asked about once an hour, and nothing is said', async (t) => {
  const { watch, makeApi, callsIn, settle, asked, told } = site(t);
  const api = makeApi();
  watch.use(api, 'reader');
  t.equal(watch.known, undefined, 'before the first answer');
  watch.use(api, 'reader');
  await settle();
  t.same(asked, ['reader reader false'], 'by its name, once');
  t.same(watch.known, { faults: [], passwordEnd: undefined });
  t.ok((await callsIn(DAY)) <= 27);
  t.same(told, []);
  watch.use(undefined);
  t.equal(watch.known, undefined);
  t.equal(await callsIn(DAY), 0, 'nobody is asked any more');
});

t.test('a fault is said once, watched closely, and so is its end', async (t) => {
  const { watch, makeApi, callsIn, settle, told, is } = site(t);
  is({ ...READER, isSuspended: true });
  watch.use(makeApi(), 'reader');
  await settle();
  t.same(told, ['reader is suspended']);
  const calls = await callsIn(60 * MINUTE);
  t.ok(calls >= 11 && calls <= 12, `${calls} in an hour`);
  t.equal(told.length, 1);
  is({ ...READER, isSuspended: true, isLocked: true });
  await callsIn(6 * MINUTE);
  is(READER);
  await callsIn(6 * MINUTE);
  t.same(told, ['reader is suspended', 'reader is suspended; reader is locked', '']);
  t.same(watch.known?.faults, []);
});

t.test('the end of its password is counted down to, and said at 14, 7, 3 and 1 days', async (t) => {
  const { watch, makeApi, callsIn, told, is } = site(t);
  const end = 20 * DAY;
  is({ ...READER, passwordNeverExpires: false, passwordExpiresAt: end });
  watch.use(makeApi(), 'reader');
  await callsIn(5 * DAY);
  t.same(told, []);
  t.equal(watch.known?.passwordEnd, end);
  t.ok((await callsIn(15 * DAY - 1)) < 30 * 15, 'no more often for it');
  t.same(
    told.map((text) => /within a day|in \d+ days?/.exec(text)?.[0]),
    ['in 14 days', 'in 7 days', 'in 3 days', 'in 1 day'],
  );
  is({ ...READER, isPasswordExpired: true, passwordExpiresAt: undefined });
  await callsIn(61 * MINUTE);
  t.match(told.at(-1), /has expired/);
  t.ok((watch.known?.passwordEnd ?? Number.POSITIVE_INFINITY) <= 20 * DAY + 61 * MINUTE);
});

t.test('without an answer what is known holds for a day, and it is tried every five minutes', async (t) => {
  const { watch, makeApi, callsIn, settle, told, is, fails } = site(t);
  const end = 100 * DAY;
  is({ ...READER, passwordNeverExpires: false, passwordExpiresAt: end });
  watch.use(makeApi(), 'reader');
  await settle();
  fails('away');
  await callsIn(60 * MINUTE);
  const calls = await callsIn(60 * MINUTE);
  t.ok(calls >= 11 && calls <= 12, `${calls} in an hour`);
  t.equal(watch.known?.passwordEnd, end);
  watch.use(makeApi(), 'reader');
  t.equal(watch.known?.passwordEnd, end, 'another credential changes nothing');
  await callsIn(DAY);
  t.equal(watch.known, undefined);
  t.same(told, [], 'of the reader nothing is said that is not known');
  fails(undefined);
  await callsIn(6 * MINUTE);
  t.equal(watch.known?.passwordEnd, end);
  watch.use(makeApi(), 'another');
  t.equal(watch.known, undefined, 'another reader is another one');
});

t.test('where there is a reason it is asked about immediately, but not each time', async (t) => {
  const { watch, makeApi, callsIn, settle, told, is, asked } = site(t);
  watch.use(makeApi(), 'reader');
  await settle();
  is({ ...READER, isLocked: true });
  watch.soon();
  watch.soon();
  await settle();
  watch.soon();
  await settle();
  t.equal(asked.length, 2);
  t.same(told, ['reader is locked']);
  is(READER);
  await callsIn(6 * MINUTE);
  const begun = asked.length;
  for (let minute = 0; minute < 60; minute++) {
    watch.soon();
    await callsIn(MINUTE);
  }
  const calls = asked.length - begun;
  t.ok(calls >= 15 && calls <= 30, `${calls} in an hour`);
  watch.use(undefined);
  const before = asked.length;
  watch.soon();
  t.equal(asked.length, before);
});

t.test('an answer about somebody who is not the reader any more is dropped', async (t) => {
  const { watch, told, settle } = site(t);
  let release: (user: CloudUser) => void = () => {};
  watch.use({ user: () => new Promise((resolve) => (release = resolve)) }, 'old');
  watch.use({ user: async () => READER }, 'reader');
  await settle();
  release({ ...READER, isSuspended: true });
  await settle();
  t.same(told, []);
  t.same(watch.known, { faults: [], passwordEnd: undefined });
});
