// The limits on what a reader's connection may receive, counted as the bytes arrive and before anything is parsed or kept.
import type { Socket } from 'node:net';
import { ReadError } from '../directory/reader.js';
import { MessageTooLong, ProtocolError } from '../wire/errors.js';
import { Framer } from '../wire/frame.js';
import type { EntryCollector } from './entry-collector.js';

export interface ReadLimits {
  /** Bytes of all answers to one piece of work. */
  readonly octets: number;
  /** Answers to it: entries, and the end of each page. */
  readonly entries: number;
  /** Bytes of one answer. */
  readonly entryOctets: number;
}

export interface ReadMeterOptions {
  readonly limits: ReadLimits;
  /** The limit's configuration key, for the operator. */
  readonly nameOf: (limit: keyof ReadLimits) => string;
  /** Takes the entries; without one they go to the listeners of the socket. */
  readonly collector?: EntryCollector;
}

/** Of the configuration. */
export const keyOfLimit = (limit: keyof ReadLimits) => `directory.limits.${limit}`;

/** The least cost of a chunk in bytes, however small it is: Node.js keeps an object for each. */
const LEAST_CHUNK = 256;

/** Bytes of memory that each value costs in addition to its own. */
const VALUE = 100;
/** Milliseconds that messages are handled for in one turn of the event loop; and how many between two looks at the clock. */
const SLICE = 2;
const BETWEEN_LOOKS = 16;

/** For the connections of one reader, which does one piece of work at a time. */
export class ReadMeter {
  private octets = 0;
  private entries = 0;
  private broken: ReadError | undefined;

  constructor(private readonly options: ReadMeterOptions) {}

  /** Why the last connection was ended here; undefined if none was since the work began. */
  get overrun(): ReadError | undefined {
    return this.broken;
  }

  /** The next piece of work begins. */
  begin(): void {
    this.octets = this.entries = 0;
    this.broken = undefined;
    this.options.collector?.clear();
  }

  /**
   * Ends the socket as soon as it exceeds a limit. Its listeners receive one whole message at a time from now on: ldapts copies all that it has
   * of a message for each chunk of it, and calls itself for each message in a chunk. In one turn of the event loop messages are handled for a
   * few milliseconds, however many have come; nothing is read while the others wait.
   */
  guard(socket: Socket): void {
    const framer = new Framer(this.options.limits.entryOctets);
    const emit = socket.emit.bind(socket) as (event: string | symbol, ...args: unknown[]) => boolean;
    socket.emit = (event: string | symbol, ...args: unknown[]): boolean => {
      const [chunk] = args;
      if (event !== 'data' || !Buffer.isBuffer(chunk)) return emit(event, ...args);
      if (socket.destroyed) return false;
      within(() => {
        this.count('octets', Math.max(chunk.length, LEAST_CHUNK));
        framer.push(chunk);
        if (!isWaiting) handle();
      });
      return true;
    };
    let isWaiting = false;
    const handle = () => {
      isWaiting = false;
      const late = performance.now() + SLICE;
      for (let i = 1; !socket.destroyed; i++) {
        const pdu = framer.next();
        if (pdu === undefined) break;
        this.handle(pdu, emit);
        if (i % BETWEEN_LOOKS !== 0 || performance.now() < late) continue;
        isWaiting = true;
        socket.pause();
        setImmediate(() => within(handle));
        return;
      }
      if (socket.isPaused()) socket.resume();
    };
    const within = (step: () => void) => {
      try {
        step();
      } catch (error) {
        this.broken = this.explained(error);
        framer.clear();
        socket.destroy(this.broken);
      }
    };
  }

  private handle(pdu: Buffer, emit: (event: 'data', pdu: Buffer) => void): void {
    const { collector } = this.options;
    this.count('entries', 1);
    const before = collector?.values ?? 0;
    if (collector === undefined) return emit('data', pdu);
    const rest = collector.take(pdu);
    this.count('octets', (collector.values - before) * VALUE);
    for (const message of rest) emit('data', message);
  }

  private count(what: 'octets' | 'entries', more: number): void {
    this[what] += more;
    if (this[what] > this.options.limits[what]) throw this.above(what);
  }

  private above(limit: keyof ReadLimits): ReadError {
    const { limits, nameOf } = this.options;
    const what = { octets: 'bytes', entries: 'entries', entryOctets: 'bytes in one entry' }[limit];
    return new ReadError('too-large', `the upstream sends more than ${limits[limit]} ${what} (${nameOf(limit)})`);
  }

  private explained(error: unknown): ReadError {
    if (error instanceof ReadError) return error;
    if (error instanceof MessageTooLong) return this.above('entryOctets');
    const { message } = error instanceof Error ? error : new Error(String(error));
    if (error instanceof ProtocolError)
      return new ReadError('unreachable', `the upstream sends something other than LDAP messages: ${message}`);
    // Thrown by a listener for this message: the upstream caused it, and the process goes on.
    return new ReadError('failed', `an answer of the upstream cannot be read: ${message}`);
  }
}
