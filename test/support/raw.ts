// Bytes that no encoder of ours would write: BER elements put together by hand, and a socket to send them through.
import { connect, type Socket } from 'node:net';
import type { LDAPMessage, Response } from '../../src/ldap/message.js';
import { decodeResponse } from '../../src/wire/decode.js';
import { Framer } from '../../src/wire/frame.js';

/** Bytes, or hex digits with spaces. */
export type Octets = Buffer | string;

export const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex');
const octets = (part: Octets): Buffer => (typeof part === 'string' ? hex(part) : part);

/** One element with a length in its shortest form. */
export function element(tag: number, ...content: readonly Octets[]): Buffer {
  const body = Buffer.concat(content.map(octets));
  return Buffer.concat([Buffer.of(tag), lengthOf(body.length), body]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.of(length);
  const digits = length.toString(16);
  const long = hex(digits.length % 2 === 0 ? digits : `0${digits}`);
  return Buffer.concat([Buffer.of(0x80 + long.length), long]);
}

export const sequence = (...content: readonly Octets[]) => element(0x30, ...content);
export const text = (value: string, tag = 0x04) => element(tag, Buffer.from(value));

/** An LDAPMessage with an ID of one byte around an operation, with what follows it. */
export const message = (id: number, ...content: readonly Octets[]) =>
  sequence(element(0x02, Buffer.of(id)), ...content);

/** A simple bind, its version as any element. */
export const bindWith = (version: Octets, ...rest: readonly Octets[]) => element(0x60, version, ...rest);

/** A search of the whole subtree for everything, with other bytes in place of its parts. */
export function searchWith(
  parts: {
    base?: string;
    scope?: Octets;
    deref?: Octets;
    sizeLimit?: Octets;
    timeLimit?: Octets;
    typesOnly?: Octets;
    filter?: Octets;
    attributes?: Octets;
  } = {},
): Buffer {
  return element(
    0x63,
    text(parts.base ?? 'dc=example,dc=com'),
    parts.scope ?? '0a0102',
    parts.deref ?? '0a0100',
    parts.sizeLimit ?? '020100',
    parts.timeLimit ?? '020100',
    parts.typesOnly ?? '010100',
    parts.filter ?? text('objectClass', 0x87),
    parts.attributes ?? '3000',
  );
}

/** A raw connection: what came back, message by message. */
export class RawClient {
  readonly received: LDAPMessage<Response>[] = [];
  isClosed = false;
  private readonly framer = new Framer(64 * 1024 * 1024);
  private wake: () => void = () => {};

  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.framer.push(chunk);
      for (let pdu = this.framer.next(); pdu !== undefined; pdu = this.framer.next())
        this.received.push(decodeResponse(pdu));
      this.wake();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.isClosed = true;
      this.wake();
    });
  }

  static async open(url: string): Promise<RawClient> {
    const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new RawClient(socket);
  }

  write(...parts: readonly Octets[]): void {
    this.socket.write(Buffer.concat(parts.map(octets)));
  }

  /** Waits until the condition holds or the connection is closed. */
  async until(condition: () => boolean): Promise<void> {
    const late = Date.now() + 15_000;
    while (!condition() && !this.isClosed) {
      if (Date.now() > late) throw new Error('waited in vain');
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        setTimeout(resolve, 200).unref();
      });
    }
  }

  /** Sends a message; resolves with the result code of the final answer to `id`, or 'closed'. */
  async code(id: number, ...parts: readonly Octets[]): Promise<number | 'closed'> {
    const before = this.received.length;
    this.write(...parts);
    const final = () => this.received.slice(before).find(({ messageID, op }) => messageID === id && 'result' in op);
    await this.until(() => final() !== undefined);
    const op = final()?.op;
    return op !== undefined && 'result' in op ? op.result.code : 'closed';
  }

  /** Number of entries received so far. */
  get entries(): number {
    return this.received.filter(({ op }) => op.kind === 'searchResultEntry').length;
  }

  destroy(): void {
    this.socket.destroy();
  }
}

/** Sends bytes through a connection of their own and waits for its end; returns everything that came back. */
export async function sendToTheEnd(url: string, ...parts: readonly Octets[]): Promise<LDAPMessage<Response>[]> {
  const client = await RawClient.open(url);
  client.write(...parts);
  await client.until(() => false);
  return client.received;
}
