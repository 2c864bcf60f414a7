// Framing and decoding: the same messages however the bytes are cut, only ProtocolError, and what is decoded survives encoding.
import { isDeepStrictEqual } from 'node:util';
import { corpus } from '../corpus.js';
import { mutated, mutatedInside } from '../mutate.js';
import { Random } from '../random.js';
import type { Target } from './guided.js';
import { instrument } from './instrument.js';
import { RESPONSES } from './seeds.js';
import { WIRE_FILES } from './source-files.js';

type Wire = typeof import('../../src/wire/frame.js') &
  typeof import('../../src/wire/decode.js') &
  typeof import('../../src/wire/encode.js') &
  typeof import('../../src/wire/errors.js') &
  typeof import('../../src/wire/controls.js');

const LONGEST = 4096;
/** Small, so that messages above it and messages that just fit are within reach. */
const LIMITS = [64, 300, 2048, 64 * 1024];
const SEEDS = 60;
/** The number of bytes that come one by one. */
const SINGLE = 600;
/** Chunks between two looks at what the framer holds: looking takes longer than framing. */
const LOOKS = 16;

export async function codecTarget(): Promise<Target> {
  const { trace, literals, load, remove } = instrument(WIRE_FILES);
  const parts = ['frame', 'decode', 'encode', 'errors', 'controls'].map((file) => load<object>(`src/wire/${file}.ts`));
  const wire = Object.assign({}, ...(await Promise.all(parts))) as Wire;
  remove();
  return {
    trace,
    seeds: [...corpus(new Random(1), SEEDS), ...RESPONSES],
    words: literals,
    longest: LONGEST,
    mutate: (random, inputs) => (random.once(2) ? mutated(random, inputs) : mutatedInside(random, inputs)),
    check: (input) => checkCodec(wire, input),
  };
}

/** What a stream comes to: its messages in hex, and why it ended. */
interface Framed {
  readonly pdus: readonly Buffer[];
  readonly refusal: string | undefined;
}

export function checkCodec(wire: Wire, input: Buffer): string | undefined {
  // From the input alone, so that the same input does the same again.
  const random = new Random(input.length, ...input.subarray(0, 32));
  const limit = random.pick(LIMITS);
  const whole = framed(wire, [input], limit);
  if (typeof whole === 'string') return whole;
  const cuttings = [
    // Byte by byte; of a long input only a part is, or nothing else would have its turn.
    [...cut(input, (at) => (at < SINGLE ? 1 : 100))],
    [...cut(input, () => 1 + random.below(12))],
    [...cut(input, () => 1 + random.below(LONGEST))],
  ];
  for (const chunks of cuttings) {
    const again = framed(wire, chunks, limit);
    if (typeof again === 'string') return again;
    if (!isDeepStrictEqual(again, whole)) return 'cut another way, the bytes are other messages';
  }
  if (
    !Buffer.concat(whole.pdus).equals(
      input.subarray(
        0,
        whole.pdus.reduce((sum, { length }) => sum + length, 0),
      ),
    )
  )
    return 'the messages are not the bytes that came';
  for (const pdu of whole.pdus) {
    const what = checkMessage(wire, pdu);
    if (what !== undefined) return what;
  }
  return undefined;
}

function* cut(octets: Buffer, size: (at: number) => number): Generator<Buffer> {
  for (let at = 0; at < octets.length; ) {
    const chunk = octets.subarray(at, at + size(at));
    yield chunk;
    at += chunk.length;
  }
}

function framed({ Framer, ProtocolError }: Wire, chunks: readonly Buffer[], limit: number): Framed | string {
  const framer = new Framer(limit);
  const pdus: Buffer[] = [];
  let received = 0;
  let taken = 0;
  let chunksSeen = 0;
  try {
    for (const chunk of chunks) {
      framer.push(Buffer.from(chunk));
      received += chunk.length;
      for (;;) {
        const { needsMore } = framer;
        const pdu = framer.next();
        if ((pdu === undefined) !== needsMore) return 'needsMore is wrong';
        if (pdu === undefined) break;
        taken += pdu.length;
        if (pdu.length > limit) return 'a message above the limit';
        pdus.push(pdu);
      }
      if (framer.pendingBytes !== received - taken) return 'pendingBytes is wrong';
      if (framer.pendingBytes >= Math.max(limit, 6)) return 'more is kept than a message may have';
      if (++chunksSeen % LOOKS === 0 && held(framer) > framer.pendingBytes / 2048 + 8)
        return 'more Buffers are kept than the bytes need';
    }
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    // The refusal must come however the bytes were cut; what came behind it does not count.
    return { pdus, refusal: error.message };
  }
  return { pdus, refusal: undefined };
}

function held(framer: object): number {
  return Object.values(framer)
    .flat()
    .filter((value) => Buffer.isBuffer(value)).length;
}

function checkMessage(wire: Wire, pdu: Buffer): string | undefined {
  const octets = pdu.toString('hex');
  for (const name of ['decodeRequest', 'decodeResponse', 'decodeMessage'] as const) {
    const message = decoded(wire, () => wire[name](pdu));
    if (message === undefined) continue;
    const written = wire.encodeMessage(message);
    if (!isDeepStrictEqual(wire[name](written), message)) return `${name}: written and read again it is another`;
    if (!wire.encodeMessage(wire[name](written)).equals(written)) return `${name}: written twice it differs`;
    if (!isDeepStrictEqual(wire.decodeMessage(pdu), message)) return `${name} and decodeMessage differ`;
    for (const { value } of message.controls ?? []) {
      const what = checkControl(wire, value);
      if (what !== undefined) return what;
    }
  }
  return pdu.toString('hex') === octets ? undefined : 'decoding changed the bytes';
}

function checkControl(wire: Wire, value: Buffer | undefined): string | undefined {
  const paged = decoded(wire, () => wire.decodePagedResults(value));
  if (paged !== undefined && !isDeepStrictEqual(wire.decodePagedResults(wire.encodePagedResults(paged)), paged))
    return 'a paged results value comes back as another';
  decoded(wire, () => wire.decodeSortKeys(value));
  decoded(wire, () => wire.decodeValuesReturnFilter(value));
  decoded(wire, () => wire.decodeAssertion(value));
  decoded(wire, () => wire.decodeCancelID(value));
  return undefined;
}

/** Undefined for what is refused by ProtocolError, whose fields come together or not at all; any other error is a defect. */
function decoded<Value>({ ProtocolError }: Wire, decode: () => Value): Value | undefined {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    if ((error.messageID === undefined) !== (error.request === undefined))
      throw new Error('a ProtocolError with one of messageID and request alone');
    return undefined;
  }
}
