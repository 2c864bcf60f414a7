// A connection for attacks: sends bytes that were made before, and counts what comes back without reading more of it than its result code.
import { connect, type Socket } from 'node:net';
import { Framer } from '../../src/wire/frame.js';

const SEARCH_RESULT_ENTRY = 0x64;
const SEARCH_RESULT_REFERENCE = 0x73;
const ENUMERATED = 0x0a;

/** How far a connection is with one attack. */
export type Outcome = 'answered' | 'closed' | 'unanswered';

export class AttackClient {
  /** Final answers by their code; a Notice of Disconnection is `notice CODE`. */
  readonly codes = new Map<string, number>();
  entries = 0;
  isClosed = false;
  /** Final answers so far. */
  answers = 0;
  private readonly framer = new Framer(256 * 1024 * 1024);
  private wake: () => void = () => {};

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.framer.push(chunk);
      for (let pdu = this.framer.next(); pdu !== undefined; pdu = this.framer.next()) this.count(pdu);
      this.wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
      this.wake();
    });
  }

  /** `from`: the address of this machine that the product is to see. */
  static async open(url: string, from: string): Promise<AttackClient> {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', localAddress: from });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    socket.setNoDelay(true);
    return new AttackClient(socket);
  }

  write(octets: Buffer): void {
    if (!this.isClosed) this.socket.write(octets);
  }

  /** Waits until this total number of final answers has arrived, the connection is closed, or `late` (by performance.now()). */
  async until(answers: number, late: number): Promise<Outcome> {
    while (this.answers < answers && !this.isClosed) {
      const left = late - performance.now();
      if (left <= 0) return 'unanswered';
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.answers >= answers ? 'answered' : 'closed';
  }

  destroy(): void {
    this.socket.destroy();
  }

  private count(pdu: Buffer): void {
    const message = contentOf(pdu, 0);
    const id = contentOf(pdu, message);
    const op = id + pdu[id - 1]!;
    if (pdu[op] === SEARCH_RESULT_REFERENCE) return;
    if (pdu[op] === SEARCH_RESULT_ENTRY) {
      this.entries++;
      return;
    }
    const result = contentOf(pdu, op);
    const code = pdu[result] === ENUMERATED ? String(pdu[result + 2]) : 'unreadable';
    const isNotice = pdu.subarray(id, op).every((octet) => octet === 0);
    const key = isNotice ? `notice ${code}` : code;
    this.codes.set(key, (this.codes.get(key) ?? 0) + 1);
    if (!isNotice) this.answers++;
  }
}

/** Where the content of the element at `at` begins. */
function contentOf(octets: Buffer, at: number): number {
  const length = octets[at + 1]!;
  return at + 2 + (length < 0x80 ? 0 : length & 0x7f);
}
