// A relay in front of a store that goes wrong on purpose: slow, silent in both ways without closing, or silent in the middle of an answer.

import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * `pass`; `silent`: nothing passes either way, and nothing is closed: it passes later, as TCP has it; `half`: half of the next answer passes, and then nothing of that connection;
 * or the milliseconds that each request with its answer takes.
 */
export type StoreMode = 'pass' | 'silent' | 'half' | number;

export class StoreRelay {
  private current: StoreMode = 'pass';
  /** Who waits for the end of silence. */
  private waiting: (() => void)[] = [];
  /** How many answers were cut in half. */
  halves = 0;
  private readonly sockets = new Set<Socket>();
  private readonly server: Server;

  private constructor(private readonly behind: number) {
    this.server = createServer({ noDelay: true }, (socket) => this.accept(socket));
  }

  /** `behind`: the store's port of this machine. */
  static async start(behind: number): Promise<StoreRelay> {
    const relay = new StoreRelay(behind);
    await new Promise<void>((resolve) => relay.server.listen(0, '127.0.0.1', resolve));
    return relay;
  }

  get mode(): StoreMode {
    return this.current;
  }

  set mode(mode: StoreMode) {
    this.current = mode;
    if (mode !== 'silent') for (const go of this.waiting.splice(0)) go();
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    const { server } = this;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private accept(near: Socket): void {
    const far = connect({ port: this.behind, host: '127.0.0.1', noDelay: true });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        this.sockets.delete(one);
        other.destroy();
      });
    }
    this.pass(near, far, () => undefined);
    // What was cut stays silent, whatever the mode is later, as a path does that has lost its state.
    let isCut = false;
    this.pass(far, near, (octets) => {
      if (isCut) return Buffer.alloc(0);
      if (this.mode !== 'half') return undefined;
      isCut = true;
      this.halves++;
      return octets.subarray(0, octets.length >> 1);
    });
  }

  /** One after the other, whatever each takes. `instead`: other bytes. */
  private pass(from: Socket, to: Socket, instead: (octets: Buffer) => Buffer | undefined): void {
    let before: Promise<unknown> = Promise.resolve();
    from.on('data', (octets: Buffer) => {
      const passed = instead(octets) ?? octets;
      const { mode } = this;
      const wait = typeof mode === 'number' ? pause(mode / 2) : undefined;
      before = before
        .then(() => wait)
        .then(() => this.passing())
        .then(() => to.write(passed));
    });
  }

  private passing(): Promise<void> | undefined {
    if (this.current !== 'silent') return undefined;
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
