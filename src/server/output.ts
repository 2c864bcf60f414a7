// What waits to be written to one client: collected during a turn, handed to the socket in one write.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Sink } from '../gate/answers.js';
import type { Arena } from './arena.js';

/**
 * curl (7.88, over OpenLDAP's library and its own TLS) reads one message of a TLS record and then waits for the socket, which has no more:
 * a record with an entry and its result hangs it. Up to so many messages get a record each; who reads more is no such client.
 */
const SEPARATE_RECORDS = 64;
/** Octets that are copied together for one write; more than that goes to the system piece by piece. */
const WORTH_COPYING = 64 * 1024;

/** Gathers encoded messages and writes them together, so that an entry and its result share a segment. */
export class Output implements Sink {
  private pieces: Buffer[] = [];
  /** Octets in all pieces, and in the run behind them. */
  private size = 0;
  /** A run of octets in the arena that has no Buffer of its own yet. */
  private runMemory: Buffer | undefined;
  private runStart = 0;
  private runEnd = 0;
  /** True from a write that the socket could not take at once until its 'drain'. */
  stalled = false;
  private isEncrypted = false;

  constructor(
    private socket: Socket,
    private readonly arena: Arena,
  ) {}

  /** Octets not yet taken by the kernel. */
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

  add(octets: Buffer, ends?: readonly number[]): void {
    this.endRun();
    this.size += octets.length;
    if (ends === undefined || !this.isEncrypted || ends.length > SEPARATE_RECORDS) this.pieces.push(octets);
    else for (let i = 0; i < ends.length; i++) this.pieces.push(octets.subarray(ends[i - 1] ?? 0, ends[i]));
  }

  get memory(): Buffer {
    return this.arena.memory;
  }

  reserve(octets: number): number {
    return this.arena.reserve(octets);
  }

  added(at: number, octets: number, ends: readonly number[]): void {
    const { memory } = this.arena;
    if (this.isEncrypted) return this.add(memory.subarray(at, at + octets), ends);
    if (this.runMemory !== memory || this.runEnd !== at) {
      this.endRun();
      this.runMemory = memory;
      this.runStart = at;
    }
    this.runEnd = at + octets;
    this.size += octets;
  }

  flush(): void {
    if (this.size === 0) return;
    this.endRun();
    const { pieces, size, socket } = this;
    this.pieces = [];
    this.size = 0;
    if (!socket.writable) return;
    if (pieces.length === 1) return this.write(pieces[0]!);
    const areSeparate = this.isEncrypted && pieces.length <= SEPARATE_RECORDS;
    if (!areSeparate && size <= WORTH_COPYING) return this.write(Buffer.concat(pieces, size));
    // Through TLS each becomes a record; in clear the system takes all of them at once.
    if (!areSeparate) socket.cork();
    for (const octets of pieces) this.write(octets);
    if (!areSeparate) socket.uncork();
  }

  private endRun(): void {
    if (this.runMemory === undefined) return;
    this.pieces.push(this.runMemory.subarray(this.runStart, this.runEnd));
    this.runMemory = undefined;
  }

  private write(octets: Buffer): void {
    if (!this.socket.write(octets)) this.stalled = true;
  }
}
