// Output: what is given to it in any mixture comes out in order, in one write in cleartext and in records of their own through TLS.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import fc from 'fast-check';
import t from 'tap';
import type { Response } from '../../src/ldap/message.js';
import { BufferPool } from '../../src/runtime/buffer-pool.js';
import { Output } from '../../src/server/output.js';
import { encodeMessage } from '../../src/wire/encode.js';

/** A socket that keeps what is written to it until the test releases it: the bytes are looked at only then. */
class Kept {
  writable = true;
  writableLength = 0;
  /** True: the system immediately takes what it is given. */
  isQuick = false;
  /** What went to the system, write by write. */
  readonly sent: Buffer[][] = [];
  private readonly waiting: { readonly octets: Buffer; readonly write: Buffer[]; readonly done?: Done }[] = [];
  private corked: Buffer[] | undefined;

  write(octets: Buffer, done?: Done): boolean {
    const write = this.corked ?? [];
    if (this.corked === undefined && octets.length > 0) this.sent.push(write);
    this.waiting.push({ octets, write, ...(done === undefined ? {} : { done }) });
    this.writableLength += octets.length;
    if (this.isQuick && this.corked === undefined) this.take();
    return true;
  }

  cork(): void {
    this.corked = [];
    this.sent.push(this.corked);
  }

  uncork(): void {
    this.corked = undefined;
    if (this.isQuick) this.take();
  }

  /** The system accepts this number of the waiting bytes. */
  take(count = this.waiting.length): void {
    for (const { octets, write, done } of this.waiting.splice(0, count)) {
      write.push(Buffer.from(octets));
      this.writableLength -= octets.length;
      done?.();
    }
  }

  get octets(): Buffer {
    return Buffer.concat(this.sent.flat());
  }
}

type Done = (error?: Error | null) => void;
type Added = { readonly kind: 'add' | 'room'; readonly to: 0 | 1; readonly octets: Buffer };
type Responded = { readonly kind: 'respond'; readonly to: 0 | 1; readonly response: Response; readonly octets: Buffer };
type Step = Added | Responded;

const added: fc.Arbitrary<Added> = fc.record({
  kind: fc.constantFrom('add', 'room'),
  to: fc.constantFrom(0, 1),
  octets: fc.uint8Array({ minLength: 1, maxLength: 40_000 }).map((array) => Buffer.from(array)),
});
const ID = 777;
const result = { code: 0, matchedDN: '', text: '' };
const responses: fc.Arbitrary<Response> = fc.oneof(
  fc.constant<Response>({ kind: 'bindResponse', result }),
  fc.nat(40_000).map((n): Response => ({ kind: 'searchResultDone', result: { ...result, text: 'x'.repeat(n) } })),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  added,
  fc.record({ to: fc.constantFrom(0, 1), response: responses }).map(
    ({ to, response }): Responded => ({
      kind: 'respond',
      to,
      response,
      octets: encodeMessage({ messageID: ID, op: response }),
    }),
  ),
);

function put(output: Output, one: Step, ends = [one.octets.length]): void {
  const { kind, octets } = one;
  if (kind === 'respond') return void output.respond(ID, one.response, undefined, undefined);
  if (kind === 'add') return output.add(octets, ends);
  const at = output.reserve(octets.length);
  octets.copy(output.memory, at);
  output.added(at, octets.length, ends);
}

t.test(
  'in cleartext: all bytes in order and in one write, no matter who else writes into the same memory, and however late it is taken',
  async (t) => {
    const turn = fc.record({
      steps: fc.array(step, { maxLength: 12 }),
      taken: fc.tuple(fc.nat({ max: 20 }), fc.nat({ max: 20 })),
      areQuick: fc.tuple(fc.boolean(), fc.boolean()),
    });
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 30 }), (turns) => {
        const buffers = new BufferPool();
        const sockets = [new Kept(), new Kept()] as const;
        const outputs = sockets.map((socket) => new Output(socket as unknown as Socket, buffers));
        const expected: Buffer[][] = [[], []];
        for (const { steps, taken, areQuick } of turns) {
          for (const one of steps) {
            put(outputs[one.to]!, one);
            expected[one.to]!.push(one.octets);
          }
          for (const [i, output] of outputs.entries()) {
            const before = sockets[i]!.sent.length;
            sockets[i]!.isQuick = areQuick[i]!;
            output.flush();
            if (sockets[i]!.sent.length - before > 1) return false;
            sockets[i]!.take(taken[i]);
          }
        }
        for (const socket of sockets) socket.take();
        return sockets.every((socket, i) => socket.octets.equals(Buffer.concat(expected[i]!)));
      }),
      { numRuns: 200 },
    );
    t.pass('they were');
  },
);

t.test('memory is used again when all that was written from it is taken, and not before', async (t) => {
  const buffers = new BufferPool();
  const first = buffers.block;
  const [slow, quick] = [new Kept(), new Kept()];
  const [toSlow, toQuick] = [slow, quick].map((socket) => new Output(socket as unknown as Socket, buffers)) as [
    Output,
    Output,
  ];
  const fill = (output: Output, char: string) => {
    put(output, { kind: 'room', to: 0, octets: Buffer.alloc(30_000, char) });
    output.flush();
  };
  fill(toSlow, 's');
  for (let i = 0; i < 100; i++) {
    fill(toQuick, 'q');
    quick.take();
    if (buffers.block === first && i > 10) t.fail('somebody waits for it still');
  }
  slow.take();
  t.equal(String(slow.octets), 's'.repeat(30_000));
  const seen = new Set<unknown>();
  for (let i = 0; i < 100; i++) {
    seen.add(buffers.block);
    fill(toQuick, 'q');
    quick.take();
  }
  t.ok(seen.has(first), 'now it is used again');
  t.ok(seen.size <= 3, 'a few blocks are enough');
  quick.isQuick = true;
  for (let i = 0; i < 100; i++) {
    seen.add(buffers.block);
    fill(toQuick, 'q');
  }
  t.ok(seen.size <= 3, 'what the system takes immediately needs no more');
});

t.test('a client that is behind keeps one block at most, however much is written to others', async (t) => {
  const buffers = new BufferPool();
  const [slow, quick] = [new Kept(), new Kept()];
  const toSlow = new Output(slow as unknown as Socket, buffers);
  const toQuick = new Output(quick as unknown as Socket, buffers);
  const bound: Response = { kind: 'bindResponse', result };
  const seen = new Set<unknown>();
  for (let i = 0; i < 100; i++) {
    seen.add(buffers.block);
    toSlow.respond(i, bound, undefined, undefined);
    toSlow.flush();
    put(toQuick, { kind: 'room', to: 0, octets: Buffer.alloc(100_000) });
    toQuick.flush();
    quick.take();
  }
  t.ok(seen.size <= 3, `${seen.size} blocks for ten megabytes`);
  slow.take();
  const all = Array.from({ length: 100 }, (_, messageID) => encodeMessage({ messageID, op: bound }));
  t.ok(slow.octets.equals(Buffer.concat(all)));
});

t.test('memory of a write that failed is never used again; of what was not written at all it is', async (t) => {
  const buffers = new BufferPool();
  const failing = buffers.block;
  const socket = new Kept();
  let fail: Done = () => {};
  socket.write = (octets, done) => {
    socket.writableLength += octets.length;
    fail = done ?? fail;
    return true;
  };
  const output = new Output(socket as unknown as Socket, buffers);
  put(output, { kind: 'room', to: 0, octets: Buffer.alloc(1000) });
  output.flush();
  fail(new Error('the connection broke'));
  fail();
  const seen = new Set<unknown>();
  socket.writable = false;
  for (let i = 0; i < 100; i++) {
    put(output, { kind: 'room', to: 0, octets: Buffer.alloc(100_000) });
    output.flush();
    seen.add(buffers.block);
  }
  t.notOk(seen.has(failing) && buffers.block === failing, 'the failed one is gone');
  t.ok(seen.size <= 4, `${seen.size} blocks for ten megabytes`);
});

t.test('through TLS each message has a write, and so a record, of its own', async (t) => {
  for (const kind of ['add', 'room'] as const) {
    const [clear, encrypted] = [new Kept(), new Kept()];
    const output = new Output(clear as unknown as Socket, new BufferPool());
    output.moveTo(encrypted as unknown as TLSSocket);
    put(output, { kind, to: 0, octets: Buffer.from('aabbbc') }, [2, 5, 6]);
    output.flush();
    encrypted.take();
    t.same(
      encrypted.sent.map((pieces) => String(Buffer.concat(pieces))),
      ['aa', 'bbb', 'c'],
      kind,
    );
    const many = Array.from({ length: 100 }, (_, i) => i + 1);
    put(output, { kind, to: 0, octets: Buffer.alloc(100, 'x') }, many);
    output.flush();
    t.equal(encrypted.sent.length, 4, 'of a long list all in one');
    for (const code of [0, 49]) {
      const op: Response = { kind: 'bindResponse', result: { ...result, code } };
      output.respond(1, op, undefined, undefined);
    }
    output.flush();
    t.equal(encrypted.sent.length, 6, 'responses as well');
  }
});
