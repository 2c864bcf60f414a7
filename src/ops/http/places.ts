// The places on the operator's HTTP port: bounded in all and per address, and always one left for who asks next.
import type { Socket } from 'node:net';
import { addressBlock, canonicalAddress } from '../../runtime/address.js';

/** Connections at the same time. */
const MOST = 64;
/** Of one address, those that nobody works for: without a whole request yet, or with an answer that they do not read. */
const MOST_IDLE_PER_ADDRESS = 16;
/** Requests that take time (event streams, explanations), in all and of one address: no more than half of the places. */
const MOST_WORKING = 32;
const MOST_WORKING_PER_ADDRESS = 16;

/**
 * A connection is idle until its request is handled and from its answer on, and working in between. Idle ones make room for new ones, the
 * oldest first; working ones are refused beyond half of the places. So a connection is never turned away, and one that sends its request
 * immediately, as a health check does, is answered before it has to make room.
 */
export class Places {
  /** In the order of their coming. */
  private readonly idle = new Set<Socket>();
  private readonly idleAt = new Map<string, number>();
  private readonly working = new Map<Socket, string>();
  /** Connections that were ended to make room. */
  evicted = 0;

  get size(): number {
    return this.idle.size + this.working.size;
  }

  /** A new connection; it leaves automatically when it closes. */
  enter(socket: Socket): void {
    const address = addressOf(socket);
    if ((this.idleAt.get(address) ?? 0) >= MOST_IDLE_PER_ADDRESS) this.evict((each) => addressOf(each) === address);
    else if (this.size >= MOST) this.evict(() => true);
    this.rest(socket, address);
    socket.once('close', () => this.leave(socket, address));
  }

  /** Its request begins to be worked for, which may take time; false: there are too many of that. */
  work(socket: Socket): boolean {
    const address = addresses.get(socket);
    if (address === undefined || !this.idle.has(socket)) return false;
    const sameAddress = [...this.working.values()].filter((each) => each === address).length;
    if (this.working.size >= MOST_WORKING || sameAddress >= MOST_WORKING_PER_ADDRESS) return false;
    this.unrest(socket, address);
    this.working.set(socket, address);
    return true;
  }

  /** Its answer is made: what is left is for the client to read it. */
  worked(socket: Socket): void {
    const address = this.working.get(socket);
    if (address === undefined) return;
    this.working.delete(socket);
    this.rest(socket, address);
  }

  private evict(isIt: (socket: Socket) => boolean): void {
    for (const socket of this.idle) {
      if (!isIt(socket)) continue;
      this.evicted++;
      this.unrest(socket, addressOf(socket));
      socket.destroy();
      return;
    }
  }

  private rest(socket: Socket, address: string): void {
    this.idle.add(socket);
    this.idleAt.set(address, (this.idleAt.get(address) ?? 0) + 1);
  }

  private unrest(socket: Socket, address: string): void {
    if (!this.idle.delete(socket)) return;
    const left = (this.idleAt.get(address) ?? 0) - 1;
    if (left > 0) this.idleAt.set(address, left);
    else this.idleAt.delete(address);
  }

  private leave(socket: Socket, address: string): void {
    this.working.delete(socket);
    this.unrest(socket, address);
  }
}

/** Their blocks as they were when the connection came: a socket that has ended does not tell. */
const addresses = new WeakMap<Socket, string>();

/** The block of the address that a connection came from (`addressBlock`); '' if it was gone before that was asked. */
export function addressOf(socket: Socket): string {
  const known = addresses.get(socket) ?? addressBlock(canonicalAddress(socket.remoteAddress ?? ''));
  addresses.set(socket, known);
  return known;
}
