// StartTLS towards the upstream (RFC 4511 4.14): what TLS runs over, from a TCP connection whose far end agreed to it.
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { Oid } from '../ldap/message.js';
import { resultName } from '../ldap/result-code.js';
import { decodeResponse } from '../wire/decode.js';
import { encodeMessage } from '../wire/encode.js';
import { Framer } from '../wire/frame.js';

const SUCCESS = 0;
/** The limit for the answer, in bytes. */
const LONGEST_ANSWER = 64 * 1024;

/**
 * Asks for TLS as soon as the socket is connected, and holds back what is written until the upstream agrees. Ends with an Error whose code
 * begins with ERR_TLS if it does not: nothing else is ever sent in cleartext. What came in cleartext after its answer is thrown away.
 */
export class StartTlsTransport extends Duplex {
  private framer: Framer | undefined = new Framer(LONGEST_ANSWER);
  private held: (() => void) | undefined;

  constructor(private readonly socket: Socket) {
    super();
    socket.once('connect', () => {
      const op = { kind: 'extendedRequest', requestName: Oid.startTLS } as const;
      socket.write(encodeMessage({ messageID: 1, op }));
    });
    socket.on('data', (chunk: Buffer) => {
      if (this.framer !== undefined) this.answered(this.framer, chunk);
      else if (!this.push(chunk)) socket.pause();
    });
    socket.on('end', () => {
      if (this.framer !== undefined)
        this.destroy(startTlsFault('the upstream closed the connection without an answer'));
      else this.push(null);
    });
    socket.on('error', (error) => this.destroy(error));
    socket.on('close', () => this.destroy());
  }

  override _read(): void {
    if (this.framer === undefined) this.socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const write = () => void this.socket.write(chunk, done);
    if (this.framer === undefined) write();
    else this.held = write;
  }

  override _final(done: () => void): void {
    this.socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.socket.destroy();
    done(error);
  }

  private answered(framer: Framer, chunk: Buffer): void {
    const refusal = refusalIn(framer, chunk);
    if (refusal === 'not yet') return;
    if (refusal !== undefined) return void this.destroy(startTlsFault(refusal));
    this.framer = undefined;
    this.held?.();
    this.held = undefined;
  }
}

/** Undefined if the upstream agreed. */
function refusalIn(framer: Framer, chunk: Buffer): string | undefined {
  try {
    framer.push(chunk);
    const pdu = framer.next();
    if (pdu === undefined) return 'not yet';
    const { messageID, op } = decodeResponse(pdu);
    if (op.kind !== 'extendedResponse' || messageID !== 1) return `the upstream answered with ${op.kind} ${messageID}`;
    const { code, text } = op.result;
    return code === SUCCESS
      ? undefined
      : `the upstream answered ${code} ${resultName(code)}${text === '' ? '' : ` (${text})`}`;
  } catch (error) {
    return `the upstream's answer cannot be read: ${(error as Error).message}`;
  }
}

function startTlsFault(why: string): Error {
  return Object.assign(new Error(`no TLS after StartTLS: ${why}`), { code: 'ERR_TLS_STARTTLS_REFUSED' });
}
