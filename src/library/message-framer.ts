// From a stream's chunks to whole LDAP messages, for programs with sockets of their own.
import { Framer } from '../wire/frame.js';

/** What {@link MessageFramer} is given. */
export interface FramerOptions {
  /**
   * Bytes of the longest message that is accepted.
   * @defaultValue 1 MiB
   */
  readonly limit?: number | undefined;
}

/**
 * Cuts what a socket delivers into whole LDAP messages, by their length alone, before anything in them is parsed. It keeps at most what one
 * message needs.
 *
 * @example
 * ```ts
 * const framer = new MessageFramer();
 * socket.on('data', (chunk) => {
 *   for (const bytes of framer.push(chunk)) console.log(decodeMessage(bytes).op.kind);
 * });
 * ```
 */
export class MessageFramer {
  private readonly framer: Framer;

  constructor({ limit = 1024 * 1024 }: FramerOptions = {}) {
    this.framer = new Framer(limit);
  }

  /** Bytes of the incomplete message that waits for more. */
  get pendingBytes(): number {
    return this.framer.pendingBytes;
  }

  /**
   * The messages that are whole with these bytes; the chunk is copied and can be used again.
   *
   * @throws {@link ProtocolError} for anything but an LDAP message, and {@link MessageTooLong} beyond the limit: the stream cannot be read any further
   */
  push(chunk: Uint8Array): Buffer[] {
    this.framer.push(Buffer.from(chunk));
    const messages: Buffer[] = [];
    for (let message = this.framer.next(); message !== undefined; message = this.framer.next()) messages.push(message);
    return messages;
  }
}
