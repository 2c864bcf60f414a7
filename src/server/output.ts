// What waits to be written to one client: collected during a turn, handed to the socket in one write.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Control, Response } from '../ldap/message.js';
import type { Block, BufferPool } from '../runtime/buffer-pool.js';
import { briefOctets, briefTag, type ResponseCopier, ResponseEncoder, writeBrief } from '../wire/encode-response.js';
import { whenDrained } from './socket-events.js';

/**
 * curl (7.88, over OpenLDAP's library and its own TLS) reads one message of a TLS record and then waits for the socket, which has no more:
 * a record with an entry and its result hangs it. Up to this number of messages get a record each; a client that reads more is not curl.
 */
const SEPARATE_RECORDS = 64;
/** Bytes that are copied together for one write; more goes to the system piece by piece. */
const WORTH_COPYING = 64 * 1024;

/** Bytes that are copied for one write rather than held where they are. */
const FEW_OCTETS = 64;
/** The longest message, in bytes, that is copied into the memory shared by all connections. */
const LARGEST_SHARED = 32 * 1024;

const NOTHING = Buffer.alloc(0);

const encoder = new ResponseEncoder();

/** Bytes that go to the system as they are. */
interface Piece {
  readonly octets: Buffer;
  /** The block that they are a part of, held until they are written; undefined: they have memory of their own. */
  readonly block: Block | undefined;
}

/** Gathers encoded messages and writes them together, so an entry and its result share a segment. */
export class Output {
  private pieces: Piece[] = [];
  /** Bytes in all pieces, and in the run behind them. */
  private size = 0;
  /** A run of bytes in a block that has no Buffer of its own yet. */
  private run: Block | undefined;
  private runStart = 0;
  private runEnd = 0;
  /** True from a write that the socket could not take immediately until its 'drain'. */
  stalled = false;
  /** True if messages go in records of their own. */
  isEncrypted = false;

  constructor(
    private socket: Socket,
    private readonly buffers: BufferPool,
  ) {}

  /** Bytes not yet taken by the kernel. */
  get pendingBytes(): number {
    return this.size + this.socket.writableLength;
  }

  /** The same output through TLS. */
  moveTo(socket: TLSSocket): void {
    this.flush();
    this.socket = socket;
    this.isEncrypted = true;
    this.stalled = false;
  }

  /** Encodes a response and adds it, also to the recording of all that answers its request; returns the bytes that it takes. */
  respond(
    messageID: number,
    op: Response,
    controls: readonly Control[] | undefined,
    recording: ResponseCopier | undefined,
  ): number {
    const tag = controls === undefined && recording === undefined ? briefTag(op) : 0;
    if (tag !== 0 && 'result' in op) return this.respondBriefly(messageID, tag, op.result.code);
    const octets = encoder.encode(messageID, op, controls);
    recording?.add(encoder, octets);
    if (octets > LARGEST_SHARED) {
      const own = Buffer.allocUnsafeSlow(octets);
      encoder.copyTo(own, 0);
      this.add(own);
      return octets;
    }
    const at = this.buffers.reserve(octets);
    encoder.copyTo(this.buffers.block.memory, at);
    this.addMessage(at, octets);
    return octets;
  }

  private respondBriefly(messageID: number, tag: number, code: number): number {
    const octets = briefOctets(messageID);
    const at = this.buffers.reserve(octets);
    writeBrief(this.buffers.block.memory, at, messageID, tag, code);
    this.addMessage(at, octets);
    return octets;
  }

  private addMessage(at: number, octets: number): void {
    this.extend(this.buffers.block, at, at + octets);
    // Through TLS it may have to have a record of its own.
    if (this.isEncrypted) this.endRun();
    this.size += octets;
  }

  add(octets: Buffer, ends?: readonly number[]): void {
    this.endRun();
    this.size += octets.length;
    if (ends === undefined || !this.separates(ends)) this.pieces.push({ octets, block: undefined });
    else for (let i = 0; i < ends.length; i++) this.pieces.push(part(octets, ends[i - 1] ?? 0, ends[i]!, undefined));
  }

  get memory(): Buffer {
    return this.buffers.block.memory;
  }

  reserve(octets: number): number {
    return this.buffers.reserve(octets);
  }

  /** What was reserved is filled. `ends`: where its messages end, counted from there; of use where it is encrypted. */
  added(at: number, octets: number, ends?: readonly number[]): void {
    const { block } = this.buffers;
    this.size += octets;
    if (ends === undefined || !this.separates(ends)) return this.extend(block, at, at + octets);
    let start = at;
    for (const end of ends) {
      this.extend(block, start, at + end);
      this.endRun();
      start = at + end;
    }
  }

  flush(): void {
    if (this.size === 0) return;
    if (this.pieces.length === 0) return this.flushRun();
    this.endRun();
    const { pieces, size, socket } = this;
    this.pieces = [];
    this.size = 0;
    if (!socket.writable) return release(pieces);
    if (pieces.length === 1) return this.write(pieces[0]!.octets, pieces[0]!.block);
    const areSeparate = this.isEncrypted && pieces.length <= SEPARATE_RECORDS;
    if (!areSeparate && (this.isEncrypted || size <= WORTH_COPYING)) return this.writeCopy(pieces, size);
    // Through TLS each becomes a record; in cleartext the system takes all of them in one go.
    if (!areSeparate) socket.cork();
    for (const { octets, block } of pieces) this.write(octets, block);
    if (!areSeparate) socket.uncork();
  }

  /**
   * Nearly always this is everything, and needs no list of pieces. A few bytes go to the system as a copy, made by hand (Node's own takes 170 ns,
   * this 30). So does output for a slow client: it keeps one block at most.
   */
  private flushRun(): void {
    const run = this.run!;
    this.run = undefined;
    this.size = 0;
    const { socket } = this;
    if (!socket.writable) return run.release();
    const { runStart: start, runEnd: end } = this;
    const isShort = end - start <= FEW_OCTETS;
    if (!isShort && socket.writableLength === 0) return this.writeInPlace(run, start, end);
    const own = Buffer.allocUnsafe(end - start);
    if (isShort) for (let i = start; i < end; i++) own[i - start] = run.memory[i]!;
    else run.memory.copy(own, 0, start, end);
    run.release();
    this.write(own, undefined);
  }

  /**
   * Nothing else waits, so the system mostly takes all of it in one go, and the block is free then. A write without a callback saves a tick and 500
   * bytes of garbage. If the system takes less, the empty write behind it has the callback.
   */
  private writeInPlace(run: Block, start: number, end: number): void {
    const { socket } = this;
    const octets = run.memory.subarray(start, end);
    if (this.isEncrypted) return this.write(octets, run);
    this.write(octets, undefined);
    if (socket.writableLength === 0) run.release();
    else this.write(NOTHING, run);
  }

  private separates(ends: readonly number[]): boolean {
    return this.isEncrypted && ends.length <= SEPARATE_RECORDS;
  }

  private extend(block: Block, start: number, end: number): void {
    if (this.run !== block || this.runEnd !== start) {
      this.endRun();
      // Held from now on, because the pool may release it at any time.
      block.hold();
      this.run = block;
      this.runStart = start;
    }
    this.runEnd = end;
  }

  private endRun(): void {
    const { run } = this;
    if (run === undefined) return;
    this.pieces.push(part(run.memory, this.runStart, this.runEnd, run));
    this.run = undefined;
  }

  private write(octets: Buffer, block: Block | undefined): void {
    if (this.socket.write(octets, block?.release)) return;
    if (!this.stalled) whenDrained(this.socket);
    this.stalled = true;
  }

  private writeCopy(pieces: readonly Piece[], size: number): void {
    const octets = Buffer.concat(
      pieces.map((piece) => piece.octets),
      size,
    );
    release(pieces);
    this.write(octets, undefined);
  }
}

function part(octets: Buffer, start: number, end: number, block: Block | undefined): Piece {
  return { octets: octets.subarray(start, end), block };
}

function release(pieces: readonly Piece[]): void {
  for (const { block } of pieces) block?.release();
}
