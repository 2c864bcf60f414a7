// The fuzzer without sockets: inputs go to framing and decoding alone, at full speed.
import { isDeepStrictEqual } from 'node:util';
import type { LDAPMessage, Request } from '../src/ldap/message.js';
import { decodeRequest } from '../src/wire/decode.js';
import { encodeMessage } from '../src/wire/encode.js';
import { ProtocolError } from '../src/wire/errors.js';
import { Framer } from '../src/wire/frame.js';
import { corpus } from './corpus.js';
import { mutated, mutatedInside } from './mutate.js';
import { Random } from './random.js';
import type { Finding, Progress } from './report.js';
import { shrunk } from './shrink.js';

export type Decode = (pdu: Buffer) => LDAPMessage<Request>;

export interface CodecOptions {
  readonly seed: number;
  /** Ends after this time in milliseconds, or this number of messages. */
  readonly time: number;
  readonly messages: number;
  readonly decode?: Decode;
  readonly progress?: (progress: Progress) => void;
}

const LIMIT = 64 * 1024;
/** Every nth input that could be read is written and read again. */
const ROUND_TRIP = 4;
/** Milliseconds that no input may take; the largest takes well under one. */
const LONGEST = 5000;
const CORPUS = 2000;

/** Throws anything but ProtocolError, or never ends, if there is a defect; returns why the input is not one that we may have. */
function tried(input: Buffer, decode: Decode, comesBack: boolean): string | undefined {
  const framer = new Framer(LIMIT);
  const startedAt = performance.now();
  let messages = 0;
  try {
    framer.push(input);
    for (let pdu = framer.next(); pdu !== undefined; pdu = framer.next()) {
      if (++messages > input.length) return 'framing does not advance';
      let message: LDAPMessage<Request>;
      try {
        message = decode(pdu);
      } catch (error) {
        // A message that cannot be read and can be answered is followed by others.
        if (error instanceof ProtocolError && error.messageID !== undefined) continue;
        throw error;
      }
      if (comesBack && !isDeepStrictEqual(decode(encodeMessage(message)), message)) return 'read again it is another';
    }
  } catch (error) {
    if (!(error instanceof ProtocolError))
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
  const took = performance.now() - startedAt;
  return took > LONGEST ? `it took ${Math.round(took)} ms` : undefined;
}

/** Runs until time or number is used up, or something is found. */
export async function fuzzCodec(options: CodecOptions): Promise<{ readonly sent: number; readonly finding?: Finding }> {
  const { seed, time, messages, decode = decodeRequest, progress } = options;
  const random = new Random(seed);
  const valid = corpus(random, CORPUS);
  const until = performance.now() + time;
  let sent = 0;
  while (sent < messages && performance.now() < until) {
    for (let left = Math.min(2000, messages - sent); left > 0; left--) {
      const input = random.once(2) ? mutated(random, valid) : mutatedInside(random, valid);
      const comesBack = sent % ROUND_TRIP === 0;
      sent++;
      const what = tried(input, decode, comesBack);
      if (what === undefined) continue;
      const fails = ([octets]: readonly Buffer[]) =>
        octets !== undefined && firstLine(tried(octets, decode, comesBack)) === firstLine(what);
      return { sent, finding: { what, input: await shrunk([input], fails) } };
    }
    progress?.({ sent });
    // So that signals and the terminal have their turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { sent };
}

function firstLine(text: string | undefined): string | undefined {
  return text?.split('\n', 1)[0];
}
