// One connection of the verifier: binds again and again, one bind in flight, nothing else (R85).
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import { decodeResponse } from '../wire/decode.js';
import { encodeMessage } from '../wire/encode.js';
import { Framer } from '../wire/frame.js';
import { isTlsFault, tlsOptions, type UpstreamEndpoint } from './endpoint.js';

/** What became of a bind on this connection. `fresh` failures came before any octet of an answer. */
export type BindAnswer =
  | { readonly kind: 'result'; readonly code: number }
  | {
      readonly kind: 'broken';
      readonly cause: 'network' | 'tls' | 'garbage';
      readonly detail: string;
      readonly hadAnswer: boolean;
    }
  | { readonly kind: 'timeout' };

export interface BindConnectionOptions {
  readonly endpoint: UpstreamEndpoint;
  readonly context: SecureContext | undefined;
  readonly ca: Buffer | string | undefined;
  /** Milliseconds for TCP and TLS together. */
  readonly connectTime: number;
  /** A TLS session to resume, and where to leave the next one. */
  readonly sessions: Map<string, Buffer>;
}

/** Octets of one upstream answer to a bind. */
const LONGEST_ANSWER = 64 * 1024;
const LARGEST_ID = 2 ** 30;

export class BindConnection {
  private readonly framer = new Framer(LONGEST_ANSWER);
  private messageID = 0;
  private hadAnswer = false;
  private waiting: ((answer: BindAnswer) => void) | undefined;
  private timer: NodeJS.Timeout | undefined;
  isClosed = false;
  /** When it was last given back, by the pool's clock. */
  idleSince = 0;

  private constructor(
    private readonly socket: Socket,
    private readonly onClosed: (connection: BindConnection) => void,
  ) {}

  /** Connects, verifies the certificate, and calls `opened` with the connection or the error. */
  static open(
    options: BindConnectionOptions,
    opened: (result: BindConnection | { error: Error; cause: 'network' | 'tls' | 'timeout' }) => void,
    onClosed: (connection: BindConnection) => void,
  ): void {
    const { endpoint, context, ca, sessions } = options;
    const { host, port } = endpoint;
    const session = sessions.get(`${host}:${port}`);
    const socket = endpoint.tls
      ? connectTls({
          host,
          port,
          ...tlsOptions(endpoint, ca),
          ...(context === undefined ? {} : { secureContext: context }),
          ...(session === undefined ? {} : { session }),
        })
      : connectTcp({ host, port });
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    const connection = new BindConnection(socket, onClosed);
    const timer = setTimeout(() => {
      settle({
        error: new Error(`no connection to ${host}:${port} within ${options.connectTime} ms`),
        cause: 'timeout',
      });
      socket.destroy();
    }, options.connectTime);
    let isSettled = false;
    const settle: typeof opened = (result) => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      opened(result);
    };
    socket.once(endpoint.tls ? 'secureConnect' : 'connect', () => {
      connection.listen();
      settle(connection);
    });
    socket.on('session', (next: Buffer) => sessions.set(`${host}:${port}`, next));
    socket.on('error', (error) => {
      settle({ error, cause: isTlsFault(error) ? 'tls' : 'network' });
      connection.broken(isTlsFault(error) ? 'tls' : 'network', error.message);
    });
    socket.on('close', () => {
      settle({ error: new Error(`${host}:${port} closed the connection`), cause: 'network' });
      connection.broken('network', 'the upstream closed the connection');
    });
  }

  /** Sends one bind; `answered` is called once, within `time` ms. The connection is destroyed unless a result came. */
  bind(dn: string, password: Buffer, time: number, answered: (answer: BindAnswer) => void): void {
    this.messageID = (this.messageID % LARGEST_ID) + 1;
    this.hadAnswer = false;
    this.waiting = answered;
    const pdu = encodeMessage({
      messageID: this.messageID,
      op: { kind: 'bindRequest', version: 3, name: dn, authentication: { method: 'simple', password } },
    });
    this.timer = setTimeout(() => {
      this.answer({ kind: 'timeout' });
      this.destroy();
    }, time);
    this.socket.write(pdu, () => pdu.fill(0));
  }

  /** Keeps an idle connection from keeping the process alive. */
  unref(): void {
    this.socket.unref();
  }

  ref(): void {
    this.socket.ref();
  }

  destroy(): void {
    this.socket.destroy();
    this.closed();
  }

  private listen(): void {
    this.socket.on('data', (chunk: Buffer) => {
      this.hadAnswer = true;
      try {
        this.framer.push(chunk);
        for (let pdu = this.framer.next(); pdu !== undefined; pdu = this.framer.next()) this.received(pdu);
      } catch (error) {
        this.broken('garbage', error instanceof Error ? error.message : String(error));
      }
    });
    this.socket.on('end', () => this.broken('network', 'the upstream closed the connection'));
  }

  private received(pdu: Buffer): void {
    const { messageID, op } = decodeResponse(pdu);
    if (this.waiting === undefined || messageID !== this.messageID || op.kind !== 'bindResponse') {
      // A Notice of Disconnection, an answer to nobody, or a second one: this connection is not to be trusted any more (R84).
      const what = messageID === 0 ? 'the upstream sent a Notice of Disconnection' : `an unexpected ${op.kind}`;
      return this.broken('garbage', what);
    }
    this.answer({ kind: 'result', code: op.result.code });
  }

  private broken(cause: 'network' | 'tls' | 'garbage', detail: string): void {
    this.answer({ kind: 'broken', cause, detail, hadAnswer: this.hadAnswer });
    this.destroy();
  }

  private answer(answer: BindAnswer): void {
    clearTimeout(this.timer);
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.(answer);
  }

  private closed(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.framer.clear();
    this.onClosed(this);
  }
}
