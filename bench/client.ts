// One client connection of the load generator: a raw socket, pre-encoded requests, checked answers.
import { connect, type Socket } from 'node:net';
import { type Check, WrongAnswer } from './answers.js';
import { FIRST_ID, LAST_ID, type Request, unbind, withId } from './requests.js';

interface Exchange {
  readonly check: Check;
  readonly done: () => void;
}

/** All connections share one buffer, because what is read is processed before the next read: each read allocates 64 KiB less. */
const READ = Buffer.allocUnsafeSlow(65_536);

export class Client {
  private readonly waiting = new Map<number, Exchange>();
  private rest: Buffer | undefined;
  private outgoing: Buffer[] = [];
  private isReading = false;
  private isClosing = false;
  private nextId = FIRST_ID;

  private constructor(
    private readonly socket: Socket,
    private readonly failed: (error: Error) => void,
  ) {
    socket.on('error', (error) => this.fail(error));
    socket.on('close', () => this.fail(new WrongAnswer('the connection was closed')));
  }

  /** `failed` is called on a wrong answer, an error, or an unexpected end. */
  static open(port: number, opened: (client: Client) => void, failed: (error: Error) => void): void {
    const callback = (length: number): boolean => client.received(READ.subarray(0, length));
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer: READ, callback } });
    const client: Client = new Client(socket, failed);
    socket.once('connect', () => opened(client));
  }

  /** True while no answer is expected and the connection is open. */
  get isAlive(): boolean {
    return !this.socket.destroyed && !this.isClosing;
  }

  /** Sends a request; requests sent while answers are read go out in one write. */
  send(request: Request, check: Check, done: () => void): void {
    const id = this.nextId;
    this.nextId = id === LAST_ID ? FIRST_ID : id + 1;
    this.waiting.set(id, { check, done });
    this.outgoing.push(withId(request, id));
    if (!this.isReading) this.flush();
  }

  /** Unbinds, as a client should. */
  close(): void {
    this.isClosing = true;
    this.socket.end(withId(unbind, this.nextId));
  }

  destroy(): void {
    this.isClosing = true;
    this.socket.destroy();
  }

  private flush(): void {
    const { outgoing } = this;
    if (outgoing.length === 0 || this.isClosing) return;
    this.outgoing = [];
    this.socket.write(outgoing.length === 1 ? outgoing[0]! : Buffer.concat(outgoing));
  }

  private received(chunk: Buffer): boolean {
    if (this.isClosing) return true;
    const buffer = this.rest === undefined ? chunk : Buffer.concat([this.rest, chunk]);
    this.isReading = true;
    try {
      const read = this.readAll(buffer);
      this.rest = read === buffer.length ? undefined : Buffer.from(buffer.subarray(read));
    } catch (error) {
      this.fail(error as Error);
    }
    this.isReading = false;
    this.flush();
    return true;
  }

  /** Processes the complete messages; returns where the first incomplete one begins. */
  private readAll(buffer: Buffer): number {
    let at = 0;
    while (!this.isClosing) {
      if (at + 2 > buffer.length) return at;
      let length = buffer[at + 1]!;
      let content = at + 2;
      if (length >= 0x80) {
        const octets = length - 0x80;
        if (at + 2 + octets > buffer.length) return at;
        length = buffer.readUIntBE(at + 2, octets);
        content += octets;
      }
      const end = content + length;
      if (end > buffer.length) return at;
      this.take(buffer, at, content, end);
      at = end;
    }
    return at;
  }

  private take(buffer: Buffer, start: number, content: number, end: number): void {
    if (buffer[start] !== 0x30 || buffer[content] !== 2) throw new WrongAnswer('no LDAPMessage');
    if (buffer[content + 1] !== 3) throw new WrongAnswer('a message id that was not asked for');
    const id = buffer.readUIntBE(content + 2, 3);
    const exchange = this.waiting.get(id);
    if (exchange === undefined) throw new WrongAnswer(`message id ${id} was not asked for`);
    if (exchange.check(buffer, start, content + 5, end) === 'more') return;
    this.waiting.delete(id);
    exchange.done();
  }

  private fail(error: Error): void {
    if (this.isClosing) return;
    this.destroy();
    this.failed(error);
  }
}

/** The result code of a bind on a connection of its own; undefined if there is no answer. */
export function askBind(port: number, request: Request, tell: (answer: (code: number) => void) => Check) {
  return new Promise<number | undefined>((resolve) => {
    Client.open(
      port,
      (client) => {
        let code: number | undefined;
        const check = tell((answer) => {
          code = answer;
        });
        client.send(request, check, () => {
          client.close();
          resolve(code);
        });
      },
      () => resolve(undefined),
    );
  });
}
