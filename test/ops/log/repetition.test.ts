// Lines that repeat: whatever comes, each is written or counted, and neither lines nor memory grow with how much comes.
import fc from 'fast-check';
import t from 'tap';
import { Repetition, type Sum } from '../../../src/ops/log/repetition.js';
import type { LineSubject, RepetitionBounds, SubjectGroup } from '../../../src/ops/log/repetition-window.js';
import { eventually } from '../../support/proxy.js';

const BOUNDS: RepetitionBounds = {
  window: 60_000,
  whole: 2,
  shares: {
    accepted: { inAll: 4, perAddress: 4, perAccount: 2 },
    account: { inAll: 6, perAddress: 3, perAccount: 4 },
    name: { inAll: 5, perAddress: 2, perAccount: 0 },
    defect: { inAll: 2, perAddress: 2, perAccount: 0 },
  },
  restAccounts: 3,
};
const SUBJECTS = 4 + 6 + 5 + 2;
/** As many addresses as have places, accounts, all others, and defects. */
const RESTS = 4 + 6 + 5 + 3 + 1 + 1;
const share = (inAll: number, perAddress: number, perAccount = inAll) => ({ inAll, perAddress, perAccount });

interface Made {
  readonly lines: Repetition;
  readonly whole: LineSubject[];
  readonly sums: Sum[];
  say(subject: Partial<LineSubject>): void;
}

function admits(lines: Repetition, line: LineSubject, reference = ''): boolean {
  const { address, account, name, what, reason, level, app } = line;
  return (
    lines.again(address, account, name, what, reason, level, reference, app) ??
    lines.first(address, account, name, line)
  );
}

function make(bounds: Partial<RepetitionBounds> = {}, write?: (sum: Sum) => void): Made {
  const sums: Sum[] = [];
  const whole: LineSubject[] = [];
  const failed = (error: unknown) => sums.push(error as Sum);
  let now = 0;
  const lines = new Repetition({ ...BOUNDS, ...bounds }, write ?? ((sum) => sums.push(sum)), failed, () => {
    now += 1000;
    return now;
  });
  const say = (some: Partial<LineSubject>) => {
    const line: LineSubject = {
      what: 'bind',
      level: 'info',
      reason: 'wrong-password',
      address: '192.0.2.1',
      account: '',
      name: '',
      group: some.account === undefined || some.account === '' ? 'name' : 'account',
      code: 49,
      ...some,
    };
    if (admits(lines, line)) whole.push(line);
  };
  return { lines, whole, sums, say };
}

const oneOf = (prefix: string, most: number) => fc.integer({ min: 0, max: most }).map((n) => `${prefix}${n}`);

t.test('whatever comes, each line is written or counted, and how many are is bounded (R120)', async () => {
  const line = fc.record({
    what: fc.constantFrom('bind', 'connection: malformed message'),
    reason: oneOf('reason-', 3),
    address: fc.oneof(oneOf('192.0.2.', 5), oneOf('2001:db8::', 5), fc.constant('')),
    account: fc.oneof(fc.constant(''), oneOf('account-', 6)),
    name: oneOf('name-', 6),
    group: fc.constantFrom<SubjectGroup>('name', 'account', 'accepted', 'defect'),
  });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 400 }), (all) => {
      const { lines, whole, sums, say } = make();
      for (const one of all) {
        say(one);
        if (lines.size > SUBJECTS + RESTS) return false;
      }
      lines.close();
      const summed = sums.reduce((sum, { count }) => sum + count, 0);
      const rests = sums.filter((sum) => sum.kind === 'rest');
      const areTold = rests.every(({ count, reasons }) => count === Object.values(reasons).reduce((a, b) => a + b, 0));
      return (
        whole.length + summed === all.length &&
        areTold &&
        whole.length <= SUBJECTS * BOUNDS.whole &&
        sums.length <= SUBJECTS + RESTS
      );
    }),
  );
});

t.test('the first lines of each subject are written as long as there are places, and no others', async () => {
  const line = fc.record({
    what: fc.constantFrom('bind', 'search'),
    reason: oneOf('reason-', 2),
    level: fc.constantFrom('info', 'warn'),
    address: fc.constantFrom('192.0.2.1', '192.0.2.2', '2001:db8::1', '2001:db8::2', '2001:db8:0:1::', ''),
    account: fc.oneof(fc.constant(''), oneOf('twin-', 2)),
    name: oneOf('twin-', 2),
    app: fc.constantFrom(undefined, 'wiki', 'chat'),
  });
  const endless = share(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  const shares = { accepted: endless, account: endless, name: endless, defect: endless };
  const places: Readonly<Record<string, string>> = { '2001:db8::1': '/64', '2001:db8::2': '/64' };
  fc.assert(
    fc.property(fc.array(line, { maxLength: 300 }), (all) => {
      const { lines, whole, sums, say } = make({ shares });
      const counts = new Map<string, number>();
      for (const one of all) {
        const { what, reason, level, address, account, name, app } = one;
        const whose = account === '' ? ['name', name] : ['account', account];
        const key = [what, reason, level, places[address] ?? address, app, ...whose].join(' ');
        const count = (counts.get(key) ?? 0) + 1;
        counts.set(key, count);
        const before = whole.length;
        say(one);
        if (whole.length - before !== (count <= BOUNDS.whole ? 1 : 0)) return false;
      }
      lines.close();
      const more = [...counts.values()].filter((count) => count > BOUNDS.whole);
      return JSON.stringify(sums.map(({ count }) => count)) === JSON.stringify(more.map((n) => n - BOUNDS.whole));
    }),
  );
});

t.test('reports about one address suppress none about another, and failures suppress no logins (R120)', async (t) => {
  const { lines, whole, sums, say } = make({ whole: 1, shares: { ...BOUNDS.shares, name: share(100, 2) } });
  for (let i = 0; i < 1000; i++) say({ name: `made-up-${i}` });
  for (let i = 0; i < 1000; i++) say({ name: `made-up-${i}`, address: '2001:db8::1' });
  for (let i = 0; i < 1000; i++) say({ name: `another-${i}`, address: `2001:db8::${i.toString(16)}` });
  t.equal(whole.length, 4, 'addresses of one /64 are one');
  say({ address: '192.0.2.7', account: 'ada' });
  say({ address: '192.0.2.1', account: 'ada' });
  say({ address: '192.0.2.1', account: 'ada', reason: 'ok', group: 'accepted' });
  t.equal(whole.length, 7);
  lines.close();
  t.match(sums, [
    { kind: 'rest', address: '192.0.2.1', count: 998, reasons: { 'bind wrong-password': 998 } },
    { kind: 'rest', address: '2001:db8::/64', count: 1998, reasons: { 'bind wrong-password': 1998 } },
  ]);
  t.equal(sums.length, 2);
});

const address = (n: number) => `198.51.${n >> 8}.${n & 255}`;

t.test('invented names from any number of addresses hide no account, no login and no defect (R120)', async (t) => {
  const { lines, whole, sums, say } = make({ whole: 1 });
  for (let i = 0; i < 3000; i++) say({ address: address(i % 300), name: `made-up-${i}` });
  for (let i = 0; i < 300; i++) say({ address: address(i), what: 'connection: x', reason: 'x', code: undefined });
  whole.length = 0;
  const late = [
    { address: '203.0.113.1', account: 'ada' },
    { address: address(0), account: 'ada' },
    { address: address(299), account: 'grace' },
    { address: '203.0.113.1', account: 'ada', group: 'accepted', reason: 'ok' },
    { address: '', name: 'TypeError at a', group: 'defect' },
  ] as const;
  for (const line of late) say(line);
  t.match(whole, late);
  lines.close();
  t.notOk(sums.some((sum) => sum.kind === 'rest' && sum.account !== undefined));
});

t.test('a client with more addresses than are counted names the account: of it, and of any other (R120)', async (t) => {
  const { lines, whole, sums, say } = make({ whole: 1 });
  for (let i = 0; i < 1000; i++) say({ address: address(i), account: 'ada' });
  t.equal(whole.length, 4, 'one account does not take the places of all others');
  say({ address: address(2000), account: 'grace' });
  say({ address: address(2001), account: 'grace' });
  t.equal(whole.length, 6);
  for (const account of ['grace', 'joan', 'mary', 'joan']) say({ address: address(2002), account });
  t.equal(whole.length, 6, 'all places are taken');
  lines.close();
  t.match(sums, [
    { kind: 'rest', level: 'info', account: 'ada', count: 996, reasons: { 'bind wrong-password': 996 } },
    { account: 'grace', count: 1 },
    { account: 'joan', count: 2 },
    { count: 1, account: undefined, address: undefined },
  ]);
});

t.test('logins of one account, from however many addresses, hide no login of another (R120)', async (t) => {
  const { lines, whole, sums, say } = make({ whole: 1 });
  const accepted = { reason: 'ok', group: 'accepted' } as const;
  for (let i = 0; i < 1000; i++) say({ address: address(i), account: 'ada', ...accepted });
  say({ address: address(0), account: 'grace', ...accepted });
  t.same(
    whole.map(({ account }) => account),
    ['ada', 'ada', 'grace'],
  );
  lines.close();
  t.match(sums, [{ account: 'ada', count: 998, reasons: { 'bind ok': 998 } }]);
});

t.test('defects of more kinds than are counted are reported as the errors that they are', async (t) => {
  const { lines, sums, say } = make();
  const kind = (i: number) =>
    ({ what: 'defect', reason: 'defect', level: 'error', group: 'defect', name: `${i}` }) as const;
  for (let i = 0; i < 10; i++) say({ address: '', ...kind(i) });
  lines.close();
  t.match(sums, [{ kind: 'rest', level: 'error', count: 8, reasons: { defect: 8 } }]);
});

t.test('a sum has the last references of what was not written', async (t) => {
  const { lines, sums } = make();
  const subject: LineSubject = {
    what: 'bind',
    level: 'info',
    reason: 'wrong-password',
    address: '192.0.2.1',
    account: 'ada',
    name: '',
    group: 'account',
    code: 49,
  };
  for (let i = 0; i < 100; i++) admits(lines, subject, `reference-${i}`);
  lines.close();
  t.match(sums, [{ count: 98, references: Array.from({ length: 16 }, (_, i) => `reference-${84 + i}`) }]);
});

t.test('a window begins with a line and ends automatically; the next one begins from scratch', async (t) => {
  const { sums, whole, say } = make({ window: 1 });
  for (let i = 0; i < 5; i++) say({});
  await eventually(() => sums.length === 1);
  t.match(sums, [{ kind: 'subject', subject: { address: '192.0.2.1' }, count: 3, seconds: 1 }]);
  say({});
  t.equal(whole.length, 3);
});

t.test(
  'many sums are written a few in a turn of the event loop, and one that cannot be written takes none with it',
  async (t) => {
    let inThisTurn = 0;
    let most = 0;
    const written = new Set<string>();
    let isBroken = true;
    const { sums, say } = make({ window: 1, shares: { ...BOUNDS.shares, account: share(500, 500) } }, (sum) => {
      if (inThisTurn === 0)
        setImmediate(() => {
          inThisTurn = 0;
        });
      most = Math.max(most, ++inThisTurn);
      if (sum.kind !== 'subject') return;
      if (isBroken) {
        isBroken = false;
        throw new Error('planted');
      }
      written.add(sum.subject.account);
    });
    for (let i = 0; i < 300; i++) for (let j = 0; j < 3; j++) say({ account: `a${i}` });
    await eventually(() => written.size === 299);
    t.match(sums, [{ message: 'planted' }]);
    t.ok(most <= 20, `${most} in a turn`);
  },
);
