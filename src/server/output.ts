// What waits to be written to one client: collected during a turn, handed to the socket in one write.
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/**
 * curl (7.88, over OpenLDAP's library and its own TLS) reads one message of a TLS record and then waits for the socket, which has no more:
 * a record with an entry and its result hangs it. Up to so many messages get a record each; who reads more is no such client.
 */
const SEPARATE_RECORDS = 64;

/** Gathers encoded messages and writes them together, so that an entry and its result share a segment. */
export class Output {
  private waiting: Buffer[] = [];
  private size = 0;
  /** True from a write that the socket could not take at once until its 'drain'. */
  stalled = false;
  private isEncrypted = false;

  constructor(private socket: Socket) {}

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

  add(octets: Buffer): void {
    this.waiting.push(octets);
    this.size += octets.length;
  }

  flush(): void {
    const { waiting, size } = this;
    const [first] = waiting;
    if (first === undefined) return;
    this.waiting = [];
    this.size = 0;
    if (!this.socket.writable) return;
    if (waiting.length === 1) return this.write(first);
    if (!this.isEncrypted || waiting.length > SEPARATE_RECORDS) return this.write(Buffer.concat(waiting, size));
    for (const octets of waiting) this.write(octets);
  }

  private write(octets: Buffer): void {
    if (!this.socket.write(octets)) this.stalled = true;
  }
}
