// Framing as properties: the same messages however the octets are cut, and what is kept is bounded by what it costs.
import fc from 'fast-check';
import t from 'tap';
import { encodeMessage } from '../../src/wire/encode.js';
import { Framer } from '../../src/wire/frame.js';
import { simpleBind } from '../support/client.js';

const KIB = 1024;
const LIMIT = 1024 * KIB;
const LARGEST_CHUNK = 70_000;

/** A SEQUENCE of this total number of octets (not a message, but framing does not look inside), with a mark to recognize it. */
function frame(length: number, mark: number): Buffer {
  const octets = Buffer.alloc(length, mark);
  const content = length < 130 ? length - 2 : length - 6;
  if (length < 130) octets.set([0x30, content]);
  else octets.set([0x30, 0x84, content >>> 24, (content >>> 16) & 255, (content >>> 8) & 255, content & 255]);
  return octets;
}

/** Frames of these lengths; prints as the lengths alone. */
class Frames {
  readonly list: readonly Buffer[];
  constructor(private readonly lengths: readonly number[]) {
    this.list = lengths.map((length, i) => frame(length, i));
  }
  [fc.toStringMethod](): string {
    return `frames of ${this.lengths.join(', ')} octets`;
  }
}

const frames = fc
  .array(fc.oneof(fc.integer({ min: 2, max: 300 }), fc.integer({ min: 2, max: 30_000 })), {
    minLength: 1,
    maxLength: 8,
  })
  .map((lengths) => new Frames(lengths));
/** Sizes to cut a stream into, each as often as the stream is long: single octets, segments, reads of a socket, and any mixture. */
const sizes = fc.oneof(
  fc.constantFrom([1], [2, 1], [7], [1448], [4095], [4096, 1], [64 * KIB], [20_000, 3, 4096]),
  fc.array(fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: LARGEST_CHUNK })), {
    minLength: 1,
    maxLength: 12,
  }),
);

function* cut(stream: Buffer, lengths: readonly number[]): Generator<Buffer> {
  for (let at = 0, i = 0; at < stream.length; at += lengths[i++ % lengths.length]!)
    yield stream.subarray(at, at + lengths[i % lengths.length]!);
}

/** How a chunk comes into memory: exactly its own, a slice of the pool, or a small view of a large read. */
const memories: Record<string, (octets: Buffer) => Buffer> = {
  exact: (octets) => {
    const own = Buffer.allocUnsafeSlow(octets.length);
    octets.copy(own);
    return own;
  },
  pooled: (octets) => Buffer.from(octets),
  'a view': (octets) => {
    const large = Buffer.allocUnsafeSlow(Math.max(24 * KIB, octets.length));
    octets.copy(large);
    return large.subarray(0, octets.length);
  },
};
const memory = fc.constantFrom(...Object.keys(memories)).map((name) => memories[name]!);

/** What the framer keeps, found by looking at whatever it holds: Buffers, and octets of the memory under them. */
function kept(framer: Framer): { buffers: number; octets: number } {
  const held = Object.values(framer)
    .flat()
    .filter((value) => Buffer.isBuffer(value));
  const under = new Set(held.map(({ buffer }) => buffer));
  return { buffers: held.length, octets: [...under].reduce((sum, { byteLength }) => sum + byteLength, 0) };
}

/** `more`: the memory of a chunk of which whole messages are left. */
function assertBounded(framer: Framer, more = 0): void {
  const { buffers, octets } = kept(framer);
  const pending = framer.pendingBytes;
  if (octets > 2 * pending + 32 * KIB + more) throw new Error(`${octets} octets of memory for ${pending}`);
  if (buffers > pending / (2 * KIB) + 7) throw new Error(`${buffers} Buffers for ${pending} octets`);
}

/** Takes what is whole, up to a limit; copies, since views may be overwritten by a defect that this is to find. */
function taken(framer: Framer, most = Number.POSITIVE_INFINITY, isInPlace = false): Buffer[] {
  const messages: Buffer[] = [];
  while (messages.length < most) {
    const message = (isInPlace ? skipped(framer) : undefined) ?? framer.next();
    if (message === undefined) break;
    messages.push(message);
  }
  return messages;
}

/** The next message as it lies in its chunk, which is passed; undefined if it lies in none. */
function skipped(framer: Framer): Buffer | undefined {
  const end = framer.endInChunk();
  if (end < 0) return undefined;
  const message = Buffer.from(framer.chunk.subarray(framer.start, end));
  framer.skip();
  return message;
}

t.test('the same messages come out however the octets are cut, kept and taken (R58)', async (t) => {
  const taking = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 5 });
  const places = fc.array(fc.boolean(), { minLength: 1, maxLength: 7 });
  fc.assert(
    fc.property(frames, sizes, memory, taking, places, ({ list: messages }, lengths, inMemory, most, inPlace) => {
      const framer = new Framer(LIMIT);
      const seen: Buffer[] = [];
      let pushed = 0;
      for (const chunk of cut(Buffer.concat(messages), lengths)) {
        framer.push(inMemory(chunk));
        seen.push(...taken(framer, most[pushed % most.length], inPlace[pushed++ % inPlace.length]));
      }
      seen.push(...taken(framer));
      // Compared at the end: a message that was yielded stays as it was.
      if (!Buffer.concat(seen).equals(Buffer.concat(messages)) || seen.length !== messages.length) return false;
      return framer.pendingBytes === 0 && kept(framer).octets === 0;
    }),
    { numRuns: 150 },
  );
  t.pass('none differed');
});

t.test('memory kept is at most twice the octets and 32 KiB, whether messages are taken or not (R69)', async (t) => {
  fc.assert(
    fc.property(
      frames,
      sizes,
      memory,
      fc.integer({ min: 0, max: 3 }),
      fc.boolean(),
      ({ list: messages }, lengths, inMemory, most, isInPlace) => {
        const framer = new Framer(LIMIT);
        for (const chunk of cut(Buffer.concat(messages), lengths)) {
          framer.push(inMemory(chunk));
          assertBounded(framer, LARGEST_CHUNK);
          for (let i = 0; i < most && taken(framer, 1, isInPlace).length > 0; i++) assertBounded(framer, LARGEST_CHUNK);
          if (framer.needsMore && framer.next() === undefined) assertBounded(framer);
        }
        while (taken(framer, 1, isInPlace).length > 0) assertBounded(framer, LARGEST_CHUNK);
        assertBounded(framer);
        framer.clear();
        return kept(framer).octets === 0;
      },
    ),
    { numRuns: 150 },
  );
  for (const [name, inMemory] of Object.entries(memories)) {
    const framer = new Framer(LIMIT);
    const whole = frame(300 * KIB, 7);
    for (const octet of whole.subarray(1)) {
      if (framer.pendingBytes === 0) framer.push(inMemory(whole.subarray(0, 1)));
      framer.push(inMemory(Buffer.of(octet)));
    }
    assertBounded(framer);
    t.ok(kept(framer).buffers < 20, `${name}: ${kept(framer).buffers} Buffers for 300 KiB in single octets`);
    t.ok(framer.next()?.equals(whole));
  }
});

t.test('an invalid or too long message is refused where it lies as it is otherwise (R53, R54)', async (t) => {
  for (const octets of [
    Buffer.from('310100', 'hex'),
    Buffer.from('3080', 'hex'),
    Buffer.from('3085', 'hex'),
    frame(101, 1),
  ]) {
    const [one, other] = [new Framer(100), new Framer(100)];
    one.push(Buffer.from(octets));
    other.push(Buffer.from(octets));
    let message = '';
    try {
      other.next();
    } catch (error) {
      message = (error as Error).message;
    }
    t.not(message, '');
    t.throws(() => one.endInChunk(), { message });
  }
});

t.test('a few octets that are left of a large read do not keep it', async (t) => {
  const framer = new Framer(LIMIT);
  framer.push(memories.exact!(Buffer.concat([frame(60 * KIB, 1), frame(1000, 2), frame(100, 3).subarray(0, 90)])));
  t.equal(framer.next()?.length, 60 * KIB);
  t.ok(kept(framer).octets <= 16 * KIB, `${kept(framer).octets} octets of memory for a message and a part`);
  t.same(framer.next(), frame(1000, 2));
  t.equal(framer.next(), undefined);
  t.ok(kept(framer).octets <= 16 * KIB);
  framer.push(frame(100, 3).subarray(90));
  t.same(framer.next(), frame(100, 3));
});

t.test('small parts of large memories are copied when others are kept already', async (t) => {
  const framer = new Framer(LIMIT);
  const whole = frame(300 * KIB, 1);
  for (const chunk of cut(whole, [4096])) {
    const large = Buffer.allocUnsafeSlow(16 * KIB);
    chunk.copy(large);
    framer.push(large.subarray(0, chunk.length));
  }
  assertBounded(framer);
  t.ok(framer.next()?.equals(whole));
});

t.test('whole messages in one chunk are views of it, or keep no more memory than twice their own', async (t) => {
  fc.assert(
    fc.property(frames, ({ list: messages }) => {
      const chunk = memories.exact!(Buffer.concat(messages).subarray(0, 64 * KIB));
      const framer = new Framer(LIMIT);
      framer.push(chunk);
      // Of a large chunk what is left may be moved; of a small one nothing is.
      const isSmall = chunk.length <= 16 * KIB;
      for (;;) {
        const message = framer.next();
        if (message === undefined) return true;
        if (
          isSmall ? message.buffer !== chunk.buffer : message.buffer.byteLength > Math.max(16 * KIB, 2 * message.length)
        )
          return false;
      }
    }),
  );
  t.pass('all did');
});

t.test('needsMore says what next would do, before it does (R69)', async (t) => {
  fc.assert(
    fc.property(frames, sizes, ({ list: messages }, lengths) => {
      const framer = new Framer(LIMIT);
      let at = 0;
      let index = 0;
      for (const chunk of cut(Buffer.concat(messages), lengths)) {
        framer.push(Buffer.from(chunk));
        at += chunk.length;
        for (;;) {
          const { needsMore, pendingBytes } = framer;
          const end = messages.slice(0, index + 1).reduce((sum, { length }) => sum + length, 0);
          if (index < messages.length && needsMore !== at < end) return false;
          const message = framer.next();
          if ((message === undefined) !== needsMore) return false;
          if (message === undefined) break;
          if (framer.pendingBytes !== pendingBytes - message.length) return false;
          index++;
        }
      }
      return framer.needsMore;
    }),
    { numRuns: 150 },
  );
  const framer = new Framer(64);
  t.ok(framer.needsMore, 'nothing is there');
  framer.push(frame(100, 1));
  t.notOk(framer.needsMore, 'a message above the limit is refused, whatever comes');
  framer.limit = 128;
  t.notOk(framer.needsMore, 'it is whole under a higher limit');
  framer.push(Buffer.of(0x30, 0x80));
  t.equal(framer.next()?.length, 100);
  t.notOk(framer.needsMore, 'an indefinite length will be refused');
  t.throws(() => framer.next(), { name: 'ProtocolError' });
});

t.test('a limit counts for the next header, not for a message that is under way (R54)', async (t) => {
  const framer = new Framer(1000);
  framer.push(frame(500, 1).subarray(0, 200));
  t.equal(framer.next(), undefined);
  framer.limit = 100;
  t.ok(framer.needsMore);
  framer.push(frame(500, 1).subarray(200));
  t.equal(framer.next()?.length, 500);
  framer.push(frame(500, 1));
  t.throws(() => framer.next(), { name: 'ProtocolError' });
});

t.test('octets that were copied together are wiped where they were', async (t) => {
  const password = Buffer.alloc(3000, 0x61);
  const framer = new Framer(LIMIT);
  const left = new Set<ArrayBufferLike>();
  const pdu = encodeMessage({ messageID: 7, op: simpleBind('cn=x', password) });
  framer.push(memories.exact!(pdu.subarray(0, 20)));
  for (const chunk of cut(pdu.subarray(20), [100])) {
    framer.push(memories.exact!(chunk));
    for (const held of Object.values(framer).flat()) if (Buffer.isBuffer(held)) left.add(held.buffer);
  }
  const message = framer.next();
  t.ok(message?.equals(pdu));
  message?.fill(0);
  t.ok(left.size > 2, 'the memory was exchanged');
  for (const memory of left) t.notOk(Buffer.from(memory).includes('aaaa'));
});
