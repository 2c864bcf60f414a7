// Telemetry: what is counted and kept of every operation, and in what shape it is shown.
import fc from 'fast-check';
import t from 'tap';
import { Trace } from '../../../src/gate/trace.js';
import { Histogram } from '../../../src/ops/telemetry/histogram.js';
import type { OperationRecord } from '../../../src/ops/telemetry/recent-operations.js';
import { Telemetry } from '../../../src/ops/telemetry/telemetry.js';
import { searchRequest } from '../../support/client.js';

const SOURCE = { connection: 7, address: '192.0.2.1', port: 4711, channel: 'tls' as const };

function ended(name: string, fill: Partial<Trace> = {}): Trace {
  return Object.assign(new Trace(fill.request === undefined ? 'bind' : 'search', () => 0), { name, ...fill }).end(
    0,
    'ok',
  );
}

t.test('a search is kept by its shape: no value of its filter is shown (R98, R99)', async (t) => {
  const telemetry = new Telemetry((attribute) => attribute !== 'sAMAccountName', Date.now);
  for (const [filter, shape] of [
    ['(&(objectClass=person)(|(uid=secret-1)(mail=secret-2*)))', '(&(objectClass=…)(|(uid=…)(mail=…*)))'],
    ['(!(cn=*secret*secret))', '(!(cn=*…*…))'],
    ['(cn=*)', '(cn=*)'],
    ['(uidNumber>=1000)', '(uidNumber>=…)'],
    ['(uidNumber<=1000)', '(uidNumber<=…)'],
    ['(cn~=secret)', '(cn~=…)'],
    ['(cn:dn:caseExactMatch:=secret)', '(cn:dn:caseExactMatch:=…)'],
    ['(:caseExactMatch:=secret)', '(:caseExactMatch:=…)'],
    ['(userPassword=secret)', '(userPassword=…)'],
    ['(sAMAccountName=secret)', '(sAMAccountName=…)'],
  ] as const) {
    const request = searchRequest({ base: 'dc=x', filter, attributes: ['cn', 'sAMAccountName', '*', '1.1'] });
    telemetry.operation(ended('dc=x', { request, isPaged: true }), SOURCE);
    const record = telemetry.recent.newest();
    t.match(record.search, { base: 'dc=x', scope: 'sub', filter: shape, paged: true, missing: ['sAMAccountName'] });
    t.notMatch(JSON.stringify(record), /secret|1000/);
  }
});

t.test('whatever clients send, little of it is kept, and it is printable (R73, R99)', async (t) => {
  const telemetry = new Telemetry(() => true, Date.now);
  const long = 'x'.repeat(100_000);
  const many = `(|${`(uid=${'v'.repeat(1000)})`.repeat(900)})`;
  telemetry.operation(ended(`${long}\u001b[31m\n`), SOURCE);
  t.ok(telemetry.recent.newest().target.length < 400);
  for (const options of [
    { filter: many, attributes: ['cn'] },
    { filter: '(cn=*)', attributes: new Array<string>(5000).fill('cn') },
    { filter: `(${long}=*)`, attributes: [long] },
    { base: long, filter: '(cn=*)' },
  ]) {
    telemetry.operation(ended('\u001b[31m\n', { request: searchRequest(options) }), SOURCE);
    const text = JSON.stringify(telemetry.recent.newest());
    t.ok(text.length < 4000, `${text.length}`);
    t.notMatch(text, /[\u0000-\u001f]/);
  }
});

t.test('equal operations are counted together; binds also by minute, by time, and by what was cached', async (t) => {
  let now = 0;
  let clock = 0;
  const telemetry = new Telemetry(
    () => true,
    () => now,
  );
  const bind = (recall: Trace['recall'], upstream: number) => {
    clock = 0;
    const trace = Object.assign(new Trace('bind', () => clock), { recall });
    trace.asked();
    clock = upstream;
    trace.answered();
    clock = upstream + 2;
    telemetry.operation(trace.end(49, 'wrong-password'), SOURCE);
  };
  bind('miss', 40);
  bind('miss', 0);
  now = 61_000;
  bind('hit', 0);
  t.match(telemetry.tallies.unnamed.operations.all(), [
    { operation: 'bind', code: 49, reason: 'wrong-password', count: 3 },
  ]);
  t.same(telemetry.tallies.unnamed.recalls, { hits: 1, misses: 2 });
  t.same([telemetry.tallies.unnamed.binds.count, telemetry.tallies.unnamed.binds.sum], [3, 46]);
  t.same(
    [telemetry.tallies.unnamed.bindsHere.count, telemetry.tallies.unnamed.bindsHere.sum],
    [3, 6],
    'without the upstream',
  );
  t.same([telemetry.tallies.unnamed.upstream.count, telemetry.tallies.unnamed.upstream.sum], [1, 40]);
  const minutes = telemetry.minutes.last(now).slice(-3);
  t.same(
    minutes.map(({ at, reasons }) => [at, reasons.get('wrong-password') ?? 0]),
    [
      [-60_000, 0],
      [0, 2],
      [60_000, 1],
    ],
  );
  now += 3_600_000;
  t.equal(
    telemetry.minutes.last(now).some(({ reasons }) => reasons.size > 0),
    false,
    'an hour later it is over',
  );
});

t.test('whatever ends in whatever order, each operation is counted once, in all and in its minute', async () => {
  const event = fc.record({
    operation: fc.constantFrom('bind', 'search', 'compare'),
    code: fc.constantFrom(0, 32, 49, 51),
    reason: fc.constantFrom('ok', 'wrong-password', 'busy-here', 'not-found'),
    wait: fc.constantFrom(0, 0, 1, 59_000, 61_000, 1_000_000),
  });
  const counted = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  const sorted = (counts: Iterable<readonly [string, number]>) => JSON.stringify([...counts].sort());
  fc.assert(
    fc.property(fc.array(event, { maxLength: 100 }), (events) => {
      let now = 1_700_000_000_000;
      const telemetry = new Telemetry(
        () => true,
        () => now,
      );
      const all = new Map<string, number>();
      const binds: { minute: number; reason: string }[] = [];
      for (const { operation, code, reason, wait } of events) {
        now += wait;
        counted(all, `${operation} ${code} ${reason}`);
        if (operation === 'bind') binds.push({ minute: Math.floor(now / 60_000), reason });
        telemetry.operation(new Trace(operation, () => 0).end(code, reason), SOURCE);
      }
      const hour = new Map<string, number>();
      const newest = Math.floor(now / 60_000);
      for (const { minute, reason } of binds) if (minute > newest - 60) counted(hour, `${minute * 60_000} ${reason}`);
      const told = telemetry.tallies.unnamed.operations.all();
      const minutes = telemetry.minutes.last(now);
      return (
        sorted(told.map((of) => [`${of.operation} ${of.code} ${of.reason}`, of.count])) === sorted(all) &&
        sorted(minutes.flatMap(({ at, reasons }) => [...reasons].map(([of, n]) => [`${at} ${of}`, n] as const))) ===
          sorted(hour)
      );
    }),
  );
});

t.test('listeners receive operations and faults until they leave', async (t) => {
  const telemetry = new Telemetry(() => true, Date.now);
  const heard: string[] = [];
  const end = telemetry.listen({
    operation: ({ target }: OperationRecord) => heard.push(target),
    fault: ({ fault, detail }) => heard.push(`${fault}: ${detail}`),
    fail: (error) => heard.push(String(error)),
  });
  telemetry.operation(ended('a'), SOURCE);
  telemetry.fault('malformed message', 'evil\n', SOURCE);
  end();
  telemetry.operation(ended('b'), SOURCE);
  telemetry.fault('idle', '', SOURCE);
  t.same(heard, ['a', 'malformed message: evil\\u000a']);
  t.same(
    [...telemetry.tallies.unnamed.faults],
    [
      ['malformed message', 1],
      ['idle', 1],
    ],
  );
});

t.test('quantiles are right to the bucket', async (t) => {
  const buckets = new Histogram();
  t.equal(buckets.quantile(0.5), undefined);
  for (let i = 1; i <= 100; i++) buckets.add(i);
  for (const [part, value] of [
    [0.5, 50],
    [0.95, 91.7],
    [0.01, 1],
  ] as const)
    t.ok(Math.abs((buckets.quantile(part) ?? 0) - value) < value * 0.2, `${part}: ${buckets.quantile(part)}`);
  buckets.add(1e9);
  t.equal(buckets.quantile(1), 60_000, 'what is beyond the last bound is reported as that');
});

t.test(
  'JumpCloud’s reason comes to the operation that it is about, whatever is kept of it, and to none that is gone',
  async (t) => {
    const telemetry = new Telemetry(
      () => true,
      () => 0,
    );
    const source = { connection: 1, address: '192.0.2.1', port: 1, channel: 'clear' as const };
    const refused = (name: string) => {
      const trace = Object.assign(new Trace('bind', () => 0), { name });
      trace.end(49, 'wrong-password');
      telemetry.operation(trace, source);
      return trace;
    };
    const find = (trace: Trace) => {
      trace.cloud = { reason: 'suspended', account: 'ada', foundAt: 0, calls: 1 };
      telemetry.found(trace);
    };
    const found: number[] = [];
    telemetry.listen({ operation: () => {}, fault: () => {}, found: ({ serial }) => found.push(serial) });
    const { recent } = telemetry;
    const [gone, long] = [refused('gone'), refused(`uid=${'x'.repeat(5000)}`)];
    for (let i = 0; i < 198; i++) refused('other');
    const last = refused('last');
    const place = recent.placeOf(recent.mark());
    find(gone);
    t.same(found, [], 'its place has another operation by now');
    find(long);
    find(last);
    t.same(found, [2, 201]);
    t.match(recent.after(0)[0], { serial: 2, cloud: { reason: 'suspended' } });
    t.same(
      recent
        .after(0)
        .filter(({ cloud }) => cloud !== undefined)
        .map(({ serial }) => serial),
      [2, 201],
    );
    const after = (seen: typeof place) => recent.foundAfter(seen!).map(({ serial }) => serial);
    t.same(after(place), [2, 201]);
    t.same(after({ serial: 200, findings: 0 }), [2], 'what was not seen comes with its reason');
    t.same(after(recent.placeOf(recent.mark())), []);
    for (let i = 0; i < 200; i++) refused('other');
    t.same(after(place), [], 'a place that is filled again has no reason of the one before');
  },
);

t.test('the last 200 failures outlive what succeeds, each once, and receive JumpCloud’s reason', async (t) => {
  const telemetry = new Telemetry(() => true, Date.now);
  const { recent } = telemetry;
  const end = (reason: 'ok' | 'wrong-password', name = reason as string) => {
    const trace = Object.assign(new Trace('bind', () => 0), { name }).end(reason === 'ok' ? 0 : 49, reason);
    telemetry.operation(trace, SOURCE);
    return trace;
  };
  const serials = (records: readonly OperationRecord[]) => records.map(({ serial }) => serial);
  const first = end('wrong-password');
  const long = end('wrong-password', 'x'.repeat(5000));
  for (let i = 0; i < 300; i++) end('ok');
  t.same(serials(recent.failuresAfter(0)), [1, 2]);
  t.same(serials(recent.failuresAfter(1)), [2]);
  t.same(serials(recent.all()).slice(0, 3), [1, 2, 103]);
  t.equal(recent.all().length, 202);
  t.same(recent.kept(), { all: 200, failures: 2, searches: 0 });
  t.equal(recent.named(recent.nameOf(1))?.serial, 1);
  t.equal(recent.named(recent.nameOf(3)), undefined);
  const place = recent.placeOf(recent.mark())!;
  for (const trace of [first, long]) {
    trace.cloud = { reason: 'suspended', account: 'ada', foundAt: 0, calls: 1 };
    telemetry.found(trace);
  }
  t.same(serials(recent.foundAfter(place)), [1, 2]);
  t.match(recent.failuresAfter(0), [{ cloud: { reason: 'suspended' } }, { cloud: { reason: 'suspended' } }]);
  for (let i = 0; i < 250; i++) end('wrong-password');
  t.equal(recent.failuresAfter(0).length, 200);
  t.same(serials(recent.failuresAfter(0)).slice(0, 1), [353]);
  t.equal(recent.all().length, 200, 'none twice');
});

t.test('a minute knows how long JumpCloud took, and what the cache answered', async (t) => {
  let clock = 0;
  const telemetry = new Telemetry(
    () => true,
    () => 60_000,
  );
  const bind = (took: number, recall: 'hit' | 'miss') => {
    const trace = Object.assign(new Trace('bind', () => clock), { recall });
    trace.asked();
    clock += took;
    trace.answered();
    telemetry.operation(trace.end(0, 'ok'), SOURCE);
  };
  bind(40, 'miss');
  bind(0, 'hit');
  bind(0, 'hit');
  const minute = telemetry.minutes.last(60_000).at(-1)!;
  t.same([minute.upstream.count, minute.upstream.sum, minute.cached], [1, 40, 2]);
  t.same(telemetry.minutes.last(10_000_000).at(-1)?.cached, 0);
});
