// The bounded writer: what waits is bounded in bytes, what is lost is counted and said once, and nothing ever throws.
import { PassThrough, Writable } from 'node:stream';
import t from 'tap';
import { BoundedWriter, MOST_WAITING } from '../../../src/ops/log/bounded-writer.js';
import { type Output, outputOf } from '../../../src/ops/log/output.js';
import { eventually } from '../../support/proxy.js';

/** An output whose writes end when the test says so. */
class HeldOutput implements Output {
  readonly written: string[] = [];
  private pending: { text: string; done: (error?: Error) => void } | undefined;

  get octets(): number {
    return Buffer.byteLength(this.pending?.text ?? '');
  }

  get isBusy(): boolean {
    return this.pending !== undefined;
  }

  write(octets: Buffer, done: (error?: Error) => void): void {
    if (this.pending !== undefined) throw new Error('one at a time');
    this.pending = { text: octets.toString(), done };
  }

  writeNow(octets: Buffer): void {
    this.written.push(octets.toString());
  }

  /** Ends the write that is under way. */
  end(error?: Error): void {
    const { text, done } = this.pending!;
    this.pending = undefined;
    if (error === undefined) this.written.push(text);
    done(error);
  }

  get text(): string {
    return this.written.join('');
  }
}

const make = () => {
  const output = new HeldOutput();
  return { output, writer: new BoundedWriter(output, (lost) => `lost ${lost}\n`) };
};

t.test(
  'bytes are counted, not characters; beyond the bound lines are lost, and one line says so in their place',
  async (t) => {
    const { output, writer } = make();
    const line = `${'ü'.repeat(499)}.\n`; // 1000 bytes
    writer.write('first\n', 1);
    const most = Math.floor((MOST_WAITING - 6) / 1000);
    for (let i = 0; i < most + 10; i++) writer.write(line, 1);
    t.equal(writer.lost, 10);
    output.end();
    t.ok(output.octets <= MOST_WAITING);
    writer.write('too early: nothing was freed yet\n', 1);
    t.equal(writer.lost, 11);
    output.end();
    writer.write('next\n', 1);
    for (let i = 0; i < 3 && output.isBusy; i++) output.end();
    t.equal(output.text, `first\n${line.repeat(most)}lost 11\nnext\n`);
    t.equal(writer.lost, 11, 'the count stays');
    t.equal(await writer.drained(0), true);
  },
);

t.test('a reader that is slow all the time gets one report for each gap, not for each line', async (t) => {
  const { output, writer } = make();
  const line = `${'x'.repeat(1023)}\n`;
  for (let i = 0; i < 10_000; i++) {
    writer.write(line, 1);
    if (i % 2000 === 0) output.end();
  }
  while (output.isBusy) output.end();
  const reports = output.text.match(/lost \d+/g) ?? [];
  t.ok(reports.length > 0 && reports.length <= 20, `${reports.length} reports`);
  const told = reports.reduce((sum, report) => sum + Number(report.slice(5)), 0);
  t.equal(told, writer.lost);
  t.equal((output.text.match(/x\n/g) ?? []).length + writer.lost, 10_000, 'each line is there or counted');
});

t.test('a write that fails loses its lines; the next one is tried later, and then lines are taken again', async (t) => {
  for (const isFull of [false, true]) {
    const { output, writer } = make();
    writer.write('a\nb\n', 2);
    if (isFull) for (let i = 0; i < 1100; i++) writer.write(`${'x'.repeat(1023)}\n`, 1);
    output.end(new Error('EPIPE'));
    t.notOk(output.isBusy, 'not tried immediately');
    if (isFull) t.equal(await writer.drained(60_000), false, 'nobody waits for an output that fails');
    await eventually(() => output.isBusy);
    output.end(new Error('EPIPE'));
    await eventually(() => output.isBusy);
    output.end();
    while (output.isBusy) output.end();
    writer.write('c\n', 1);
    output.end();
    t.match(output.text, /^lost \d+\nc\n$/);
    t.equal(Number(/\d+/.exec(output.text)?.[0]), writer.lost);
  }
});

t.test('at the end what waits is handed over immediately', async (t) => {
  const { output, writer } = make();
  writer.write('a\n', 1);
  writer.write('b\n', 1);
  writer.flush();
  t.equal(output.text, 'b\n', 'what is under way is the output’s');
  writer.flush();
  t.equal(output.text, 'b\n', 'once');
});

/** Streams that fail in every way a stream can. */
const BROKEN: readonly [string, () => NodeJS.WritableStream][] = [
  [
    'an error for each write',
    () => new Writable({ write: (_chunk, _encoding, done) => done(new Error('EIO')), autoDestroy: false }),
  ],
  ['an error that destroys it', () => new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) })],
  ['destroyed', () => new PassThrough().destroy()],
  ['destroyed with an error', () => new PassThrough().on('error', () => {}).destroy(new Error('gone'))],
  ['ended', () => new PassThrough().end()],
  [
    'a write that throws',
    () =>
      Object.assign(new PassThrough(), {
        write: () => {
          throw new Error('thrown');
        },
      }),
  ],
  ['nothing is ever written', () => new Writable({ write: () => {} })],
  ['no descriptor', () => Object.assign(new PassThrough(), { fd: 1_000_000 })],
];

for (const [what, stream] of BROKEN)
  t.test(`a stream in trouble throws nothing and keeps nothing: ${what}`, async (t) => {
    const writer = new BoundedWriter(outputOf(stream()), (lost) => `lost ${lost}\n`);
    for (let i = 0; i < 3000; i++) {
      writer.write(`${'x'.repeat(1023)}\n`, 1);
      if (i % 500 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    t.ok(writer.lost > 1000, `${writer.lost}`);
    writer.flush();
    const isStuck = what.startsWith('nothing');
    t.equal(await writer.drained(isStuck ? 10 : 10_000), !isStuck, 'the end does not wait for it');
  });
