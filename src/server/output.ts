// What waits to be written to one client: collected during a turn, handed to the socket in one write.
import type { Socket } from 'node:net';

/** Gathers encoded messages and writes them together, so that an entry and its result share a segment. */
export class Output {
  private waiting: Buffer[] = [];
  private size = 0;
  /** True from a write that the socket could not take at once until its 'drain'. */
  stalled = false;

  constructor(private socket: Socket) {}

  /** Octets not yet taken by the kernel. */
  get pendingBytes(): number {
    return this.size + this.socket.writableLength;
  }

  /** The same output through another socket: after StartTLS. */
  moveTo(socket: Socket): void {
    this.flush();
    this.socket = socket;
    this.stalled = false;
  }

  add(octets: Buffer): void {
    this.waiting.push(octets);
    this.size += octets.length;
  }

  flush(): void {
    const [first] = this.waiting;
    if (first === undefined) return;
    const octets = this.waiting.length === 1 ? first : Buffer.concat(this.waiting, this.size);
    this.waiting = [];
    this.size = 0;
    if (!this.socket.writable) return;
    if (!this.socket.write(octets)) this.stalled = true;
  }
}
