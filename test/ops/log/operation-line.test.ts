// The two writers of an operation's line: the quick one writes byte for byte what pino writes, or leaves the line to it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import t from 'tap';
import { REASONS } from '../../../src/gate/explain/reasons.js';
import type { Reason } from '../../../src/gate/reason.js';
import { type Operation, type StepName, Trace } from '../../../src/gate/trace.js';
import { ResultCode } from '../../../src/ldap/result-code.js';
import { openAudit } from '../../../src/ops/log/audit.js';
import { LineOctets } from '../../../src/ops/log/line-octets.js';
import { createLog, type LogOptions, levelOf, logOperation, operationFields } from '../../../src/ops/log/log.js';
import { OperationLine } from '../../../src/ops/log/operation-line.js';
import type { LogSource } from '../../../src/ops/log/source.js';

const NAMES: readonly StepName[] = ['resolveName', 'admit', 'verify', 'answer'];
const reasons = Object.keys(REASONS) as Reason[];
const codes = [...Object.values(ResultCode), 4242];
const operations: readonly Operation[] = ['bind', 'search', 'compare', 'extended', 'write', 'abandon'];

/** Every kind of character: of JSON, control, beyond ASCII, halves of pairs, and more of them than are shown. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 300 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 300 }).map((units) => String.fromCharCode(...units)),
  fc.string({ unit: 'grapheme-ascii', maxLength: 300 }),
  fc.constantFrom('', 'uid=ada,ou=Users', 'x'.repeat(256), 'x'.repeat(257), `${'x'.repeat(255)}😀`, '"\\'.repeat(128)),
);
const milliseconds = fc.oneof(
  fc.integer({ min: 0, max: 100_000 }).map((hundredths) => hundredths / 100),
  fc.double({ min: -1, max: 1e9, noNaN: true }),
  fc.double(),
  fc.constantFrom(0, -0, 0.004, 0.005, 1.005, 42_949_672.95, 42_949_672.96, 1e21),
);
const whole = fc.oneof(fc.nat(), fc.integer(), fc.constantFrom(0, 9, 10, 65_535, 2 ** 32 - 1, 2 ** 32, 2 ** 53));

const source: fc.Arbitrary<LogSource> = fc.record({
  connection: whole,
  address: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant(''), text),
  port: fc.oneof(whole, fc.constantFrom(Number.NaN, undefined as unknown as number)),
  channel: fc.constantFrom('clear', 'tls', 'ldapi'),
  app: fc.oneof(fc.constant(undefined), fc.constant('wiki'), text),
});

const ended = fc
  .record({
    operation: fc.constantFrom(...operations),
    name: text,
    account: fc.oneof(fc.constant(''), text),
    reference: fc.oneof(fc.constant(''), fc.constant('K7Q2-9XHM'), text),
    entries: whole,
    isStale: fc.boolean(),
    code: fc.constantFrom(...codes),
    reason: fc.oneof(fc.constant<Reason>('ok'), fc.constantFrom(...reasons)),
    duration: milliseconds,
    retold: fc.option(fc.array(fc.tuple(fc.constantFrom(...NAMES), text), { maxLength: 3 })),
    steps: fc.array(fc.tuple(fc.constantFrom(...NAMES), text), { maxLength: 12 }),
  })
  .map(({ operation, code, reason, duration, retold, steps, ...fields }) => {
    let now = 0;
    const trace = Object.assign(new Trace(operation, () => now), fields);
    if (retold !== null) trace.retell(retold.map(([name, decision]) => ({ name, decision, at: 0 })));
    for (const [name, decision] of steps) trace.step(name, decision);
    now = duration;
    return trace.end(code, reason);
  });

const TIME = /"time":"([^"]*)"/;

/** A log whose lines are at hand as bytes. */
async function make(format: LogOptions['format'] = 'json') {
  const stream = new PassThrough({ highWaterMark: 2 ** 30 });
  const { log, drain } = await createLog({ level: 'debug', format }, stream);
  const read = async () => {
    if (!(await drain(10_000))) throw new Error('not drained');
    return (stream.read() as Buffer | null) ?? Buffer.alloc(0);
  };
  return { log, read };
}

const untimed = (octets: Buffer | string) => octets.toString('latin1').replaceAll(new RegExp(TIME, 'g'), '');

t.test('whatever ends, the quick writer and pino give the same bytes except for the time', async (t) => {
  const quick = await make();
  const plain = await make();
  let lines = 0;
  const events = fc.array(fc.tuple(ended, source), { minLength: 1, maxLength: 20 });
  const property = fc.asyncProperty(events, async (all) => {
    for (const [trace, from] of all) {
      logOperation(quick.log, trace, from);
      plain.log[levelOf(trace)](operationFields(trace, from), trace.operation);
    }
    const [ours, theirs] = [untimed(await quick.read()), untimed(await plain.read())];
    const count = ours.split('\n').length - 1;
    lines += count;
    return ours === theirs && count === all.length;
  });
  await fc.assert(property, { numRuns: 200 });
  t.ok(lines > 300);
});

t.test('nearly all of them are written by the quick one', async () => {
  const line = new OperationLine(new LineOctets(1 << 26));
  const usual = fc.tuple(
    ended,
    fc.record({
      connection: fc.nat(),
      address: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant('')),
      port: fc.nat(65_535),
      channel: fc.constantFrom<LogSource['channel']>('clear', 'tls', 'ldapi'),
      app: fc.constantFrom(undefined, 'wiki'),
    }),
  );
  fc.assert(
    fc.property(usual, ([trace, from]) => {
      const isOurs = /^[ -~]*$/.test(trace.reference) && !/["\\]/.test(trace.reference);
      return !isOurs || !(Math.abs(trace.duration) < 1e9) || line.write('info', trace, from, 0);
    }),
  );
});

t.test('what does not fit leaves nothing behind, and neither does a line that is never ended', async (t) => {
  const trace = new Trace('bind', () => 0);
  trace.name = 'uid=ada,ou=Users';
  trace.end(0, 'ok');
  const from = { connection: 7, address: '192.0.2.1', port: 4711, channel: 'tls' as const };
  const octets = new LineOctets(1 << 16);
  const line = new OperationLine(octets);
  t.ok(line.write('info', trace, from, 0));
  const size = octets.length;
  for (let room = 0; room < 3 * size; room++) {
    const narrow = new LineOctets(room);
    const fits = new OperationLine(narrow).write('info', trace, from, 0);
    if (fits !== room >= size) t.fail(`${room} bytes`);
    if (narrow.length !== (fits ? size : 0)) t.fail(`${narrow.length} of ${room} bytes`);
  }
  const broken = new Proxy(trace, {
    get: (of, name) => {
      if (name === 'reference') throw new Error('planted');
      return Reflect.get(of, name) as unknown;
    },
  });
  t.throws(() => line.write('info', broken, from, 0));
  t.equal(octets.length, size);
});

t.test('the time is that of Date, whichever was asked for before', async (t) => {
  const octets = new LineOctets(1 << 16);
  const line = new OperationLine(octets);
  const trace = new Trace('bind', () => 0).end(0, 'ok');
  const from = { connection: 7, address: '192.0.2.1', port: 4711, channel: 'tls' as const };
  const far = fc.integer({ min: -8.64e15, max: 8.64e15 });
  const near = fc.integer({ min: 1_700_000_000_000, max: 1_700_000_002_000 });
  const times = fc.array(fc.oneof(near, near, far, fc.integer({ min: -2000, max: 2000 })), { maxLength: 20 });
  fc.assert(
    fc.property(times, (all) =>
      all.every((now) => {
        octets.length = 0;
        line.write('info', trace, from, now);
        return TIME.exec(octets.memory.toString('latin1', 0, octets.length))?.[1] === new Date(now).toISOString();
      }),
    ),
  );
  t.throws(() => line.write('info', trace, from, Number.NaN), RangeError);
});

t.test('a child with fields of its own, logfmt and human-readable lines are pino’s', async (t) => {
  const trace = new Trace('bind', () => 0).end(0, 'ok');
  const from = { connection: 7, address: '192.0.2.1', port: 4711, channel: 'tls' as const };
  const { log, read } = await make();
  logOperation(log.child({ tenant: 'a' }), trace, from);
  logOperation(log, trace, from);
  const [first, second] = (await read()).toString().split('\n');
  t.match(first, /"tenant":"a"/);
  t.notMatch(second, /tenant/);
  for (const [format, shape] of [
    ['logfmt', /^time=\S+ level=debug msg=bind client\.address=192\.0\.2\.1 .*\n$/],
    ['pretty', /bind \(no name\) {2}→ 0 success/],
  ] as const) {
    const other = await make(format);
    logOperation(other.log, trace, from);
    t.match((await other.read()).toString(), shape);
  }
});

t.test('the level holds for the quick writer as well, even when it changes', async (t) => {
  const trace = new Trace('bind', () => 0);
  trace.account = 'ada';
  trace.end(0, 'ok');
  const from = { connection: 7, address: '192.0.2.1', port: 4711, channel: 'tls' as const };
  const { log, read } = await make();
  for (const level of ['error', 'info', 'silent', 'warn', 'trace']) {
    log.level = level;
    log[levelOf(trace)]('pino');
    logOperation(log, trace, from);
  }
  const messages = (await read()).toString().match(/"msg":"[a-z]*"/g);
  t.same(messages, ['"msg":"pino"', '"msg":"bind"', '"msg":"pino"', '"msg":"bind"']);
});

t.test('the audit stream has the same lines without a message', async (t) => {
  const file = join(t.testdir({}), 'audit.jsonl');
  const audit = openAudit(file, (_what, error) => t.fail(error.message));
  const events = fc.sample(fc.tuple(ended, source), 10_000).filter(([trace]) => trace.reason === 'ok');
  const expected: string[] = [];
  const { log, read } = await make();
  for (const [trace, from] of events) {
    if (trace.operation !== 'bind' || trace.account === '') continue;
    audit.operation(trace, from, 0);
    log.info(operationFields(trace, from));
    expected.push('');
  }
  audit.close();
  t.ok(expected.length > 10);
  t.equal(untimed(readFileSync(file)), untimed(await read()));
});
