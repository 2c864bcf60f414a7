// A day in front of an upstream that locks accounts, as values: devices with old passwords, people who mistype, guessers.
import fc from 'fast-check';
import t from 'tap';
import { BindOperation } from '../../../src/gate/bind/bind.js';
import { anonymousSession } from '../../../src/gate/session.js';
import { simpleBind } from '../../support/client.js';
import { makeWorld, type TestWorld } from '../../support/world.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** As OpenLDAP's password policy: pwdMaxFailure 5 in pwdFailureCountInterval 1800; a right password resets the count, a locked account stays so. */
class LockingUpstream {
  failures: number[] = [];
  isLocked = false;
  asked = 0;
  password = 'right';
  private now = 0;

  constructor(private readonly world: TestWorld) {}

  /** Answers what has been asked; `now` in milliseconds. */
  answer(now: number): void {
    this.now = now;
    for (const one of this.world.asked.splice(0)) one.answer({ kind: this.check(one.password) });
  }

  private check(password: string): 'accepted' | 'refused' {
    this.asked++;
    this.failures = this.failures.filter((at) => this.now - at < 30 * MINUTE);
    if (!this.isLocked && password === this.password) {
      this.failures = [];
      return 'accepted';
    }
    this.failures.push(this.now);
    if (this.failures.length >= 5) this.isLocked = true;
    return 'refused';
  }
}

/** Somebody who tries a password every so often. */
interface Client {
  readonly address: string;
  readonly every: number;
  readonly password: (attempt: number) => string;
}

interface Day {
  readonly upstream: LockingUpstream;
  /** Of each client: the codes that it was answered, in order. */
  readonly codes: readonly (readonly number[])[];
}

/** A day of these clients. `changes`: how often the account’s entry looks changed, in milliseconds. */
function day(
  clients: readonly Client[],
  { changes = Number.POSITIVE_INFINITY, length = DAY, at = (_now: number, _upstream: LockingUpstream) => {} } = {},
): Day {
  let now = 0;
  const world = makeWorld({ versionOf: () => String(Math.floor(now / changes)) });
  const upstream = new LockingUpstream(world);
  const codes = clients.map((): number[] => []);
  const step = 10 * SECOND;
  for (; now < length; now += step) {
    at(now, upstream);
    for (const [i, { address, every, password }] of clients.entries()) {
      if (now % every >= step) continue;
      const request = simpleBind('ada', password(Math.floor(now / every)));
      const bind = new BindOperation(request, anonymousSession('clear', address), world.context);
      let ended = bind.advance();
      upstream.answer(now);
      // What is held back is answered before the next step; time itself does not move for it.
      if (ended === 'waiting') ended = bind.advance();
      codes[i]!.push(ended === 'waiting' ? -1 : (ended.response as { result: { code: number } }).result.code);
    }
    world.pass(step);
  }
  return { upstream, codes };
}

const PHONE: Client = { address: '192.0.2.9', every: 20 * SECOND, password: () => 'old' };

t.test('an old password in a phone, tried every 20 s for a day, locks nobody out (R114)', async (t) => {
  const { upstream, codes } = day([PHONE]);
  t.notOk(upstream.isLocked);
  t.equal(codes[0]?.length, DAY / PHONE.every);
  t.ok(codes[0]?.every((code) => code === 49));
  t.ok(
    upstream.asked <= 6,
    `the upstream is asked ${upstream.asked} times: immediately, after 1, 31, 151 and 511 minutes`,
  );
});

t.test(
  'nor does one that ends in a comma and six digits, or an entry that changes with each read (R114)',
  async (t) => {
    t.notOk(day([{ ...PHONE, password: () => 'old-pass,123456' }]).upstream.isLocked);
    t.notOk(day([PHONE], { changes: 30 * SECOND }).upstream.isLocked);
  },
);

t.test('nor do several devices, passwords that change with each try, or guessers everywhere (R95, R114)', async (t) => {
  const clients = [
    PHONE,
    { ...PHONE, address: '192.0.2.10', password: () => 'older' },
    { ...PHONE, password: (i: number) => `another ${i}` },
    { address: '198.51.100.1', every: 10 * SECOND, password: (i: number) => `guess ${i}` },
  ];
  t.notOk(day(clients).upstream.isLocked);
});

t.test('its owner gets in all the while, from where he is known (R115)', async (t) => {
  const owner: Client = { address: '192.0.2.1', every: 10 * MINUTE, password: () => 'right' };
  const guesser: Client = { address: '198.51.100.1', every: 10 * SECOND, password: (i) => `guess ${i}` };
  const { upstream, codes } = day([owner, PHONE, guesser]);
  t.notOk(upstream.isLocked);
  t.ok(
    codes[0]?.every((code) => code === 0),
    'each time',
  );
});

t.test('even where the phone and its owner come through one address, as behind a mail server (R115)', async (t) => {
  for (const every of [5 * MINUTE, 40 * MINUTE, 6 * HOUR]) {
    const owner: Client = { ...PHONE, every, password: () => 'right' };
    const { upstream, codes } = day([PHONE, owner]);
    t.notOk(upstream.isLocked);
    t.ok(
      codes[1]?.every((code) => code === 0),
      `the owner, every ${every / MINUTE} minutes`,
    );
  }
});

t.test('whatever people and devices do in a day, the upstream never locks (R114)', async (t) => {
  const client = fc.record({
    address: fc.constantFrom('192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'),
    every: fc.constantFrom(20 * SECOND, MINUTE, 7 * MINUTE, 31 * MINUTE, 2 * HOUR),
    kind: fc.constantFrom('right', 'old', 'older', 'ever new', 'old,123456', 'mistyped now and then'),
  });
  const passwordOf = (kind: string) => (attempt: number) => {
    if (kind === 'ever new') return `new ${attempt}`;
    return kind === 'mistyped now and then' ? (attempt % 3 === 0 ? `typo ${attempt}` : 'right') : kind;
  };
  fc.assert(
    fc.property(
      fc.array(client, { minLength: 1, maxLength: 5 }),
      fc.constantFrom(30 * SECOND, HOUR, Number.POSITIVE_INFINITY),
      (clients, changes) =>
        !day(
          clients.map(({ address, every, kind }) => ({ address, every, password: passwordOf(kind) })),
          { changes, length: 4 * HOUR },
        ).upstream.isLocked,
    ),
    { numRuns: 60 },
  );
  t.pass('it did not');
});

t.test('a new password that was tried a minute too early gets in as soon as the change is seen (R114)', async (t) => {
  // Typed again and again; the upstream knows it after five minutes, and the next read of the directory shows it.
  let version = 'before';
  const world = makeWorld({ versionOf: () => version });
  const upstream = new LockingUpstream(world);
  const attempt = (now: number): number => {
    const bind = new BindOperation(simpleBind('ada', 'new'), anonymousSession('clear', '192.0.2.1'), world.context);
    let ended = bind.advance();
    upstream.answer(now);
    if (ended === 'waiting') ended = bind.advance();
    return ended === 'waiting' ? -1 : (ended.response as { result: { code: number } }).result.code;
  };
  for (let now = 0; now < 5 * MINUTE; now += 20 * SECOND) {
    t.equal(attempt(now), 49);
    world.pass(20 * SECOND);
  }
  upstream.password = 'new';
  t.equal(attempt(5 * MINUTE), 49, 'the pause is longer than that');
  version = 'after';
  t.equal(attempt(5 * MINUTE + SECOND), 0);
});
