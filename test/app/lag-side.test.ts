// Lag as state, log and page have it: names are made harmless, lists are bounded, and each change is one line.
import { pino } from 'pino';
import t from 'tap';
import { lagStateOf } from '../../src/app/lag-side.js';
import type { LagReport } from '../../src/cloud/lag.js';
import { logLag } from '../../src/ops/log/lag-log.js';
import type { LagState } from '../../src/ops/state.js';
import { OpsPort, READY } from '../support/ops.js';

const NOW = Date.UTC(2026, 10, 27, 2, 30);
const EVIL = 'eve\u001b[2J\n<script>alert(1)</script>';

const report = (missing: readonly string[], left: readonly string[] = []): LagReport => {
  const list = (names: readonly string[]) => ({
    count: names.length,
    some: names.slice(0, 100).map((name) => ({ name, group: `<${name.length}\n>`, since: NOW - 90_000 })),
  });
  const oldest = missing.length + left.length === 0 ? undefined : NOW - 90_000;
  const rest = { comparedAt: NOW, groups: 1, notCompared: [{ group: 'a\nb', why: 'too-large' as const }] };
  return { kind: 'known', missing: list(missing), left: list(left), oldest, ...rest };
};
const state = (...names: Parameters<typeof report>) => lagStateOf(report(...names), NOW);
const UNKNOWN = lagStateOf({ kind: 'unknown', why: 'away' }, NOW);
const NOT_YET = lagStateOf({ kind: 'unknown', why: 'not-yet' }, NOW);

t.test('as state: names and groups are one line each, and times are said', async (t) => {
  const lag = state([EVIL]);
  t.match(lag, { known: true, oldestSeconds: 90, missing: { count: 1 }, left: { count: 0, members: [] } });
  const [member] = lag.missing?.members ?? [];
  const words = [member?.name, member?.group, lag.notCompared?.[0]?.group];
  t.same(words, ['eve\\u001b[2J\\u000a<script>alert(1)</script>', `<${EVIL.length}\\u000a>`, 'a\\u000ab']);
  t.equal(lag.missing?.members[0]?.since, '2026-11-27T02:28:30.000Z');
  t.equal(state([]).oldestSeconds, 0);
  t.same(UNKNOWN, { known: false, why: 'away' });
});

t.test('the page names ten, counts all, and runs nothing of a name; an unknown user adds nothing', async (t) => {
  const ops = await OpsPort.start(t);
  const page = async (lag: LagState) => {
    ops.state = { ...READY, upstream: { ...READY.upstream, lag } };
    return (await ops.ask('/')).body;
  };
  const evil = await page(state([EVIL], ['bob']));
  t.match(evil, /JumpCloud is still processing 2 members: eve.*, bob \(to leave\), since 2026-/);
  t.notMatch(evil, /<script>alert/);
  t.match(await page(state(['ada'])), /still processing 1 member: ada, since 2026-11-27 02:28 UTC</);
  const many = await page(state(Array.from({ length: 150 }, (_, i) => `user${i}`)));
  t.match(many, /still processing 150 members: user0, .*user9 and 140 more, since/);
  for (const none of [state([]), UNKNOWN, NOT_YET]) t.notMatch(await page(none), /still processing/);
});

t.test('the log says when it begins, when it ends, and when nobody can say: once each', async (t) => {
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  const some = state(
    Array.from({ length: 30 }, (_, i) => `user${i}`),
    [EVIL],
  );
  const all = [NOT_YET, state([]), some, state(['ada']), state([]), UNKNOWN, UNKNOWN, state([]), UNKNOWN, some, some];
  for (let n = 1; n < all.length; n++) logLag(log, all[n]!, all[n - 1]!);
  t.same(
    lines.map((line) => (JSON.parse(line) as { msg: string }).msg),
    [
      'JumpCloud is still processing 31 members',
      'JumpCloud: LDAP has all members that the console has',
      'JumpCloud: unknown whether its LDAP is behind its console: away',
      'JumpCloud: members in LDAP and in the console are compared again',
      'JumpCloud: unknown whether its LDAP is behind its console: away',
      'JumpCloud is still processing 31 members',
    ],
  );
  const begun = JSON.parse(lines[0]!) as Record<string, unknown>;
  t.equal((begun['lag.missingNames'] as string[]).length, 10);
  t.notMatch(lines[0], /\\n/);
});
