// One connection of the verifier: binds again and again, one bind in flight, nothing else (R85).
import type { Socket } from 'node:net';
import type { Control, LDAPMessage, PolicyNews, Response } from '../ldap/message.js';
import { CoalescedTimer } from '../runtime/coalesced-timer.js';
import { nextMessageID, setMessageID } from '../wire/bind-request.js';
import { plainBindCode } from '../wire/bind-response.js';
import { decodePolicyNews, PASSWORD_POLICY } from '../wire/controls.js';
import { decodeResponse } from '../wire/decode.js';
import { Framer } from '../wire/frame.js';
import { type BindAnswer, type Cause, type ConnectFault, SUCCESS, WRONG_PASSWORD } from './bind-answer.js';
import type { Dialer } from './dialer.js';
import { endpointName, isTlsFault, type UpstreamEndpoint } from './endpoint.js';

/** A bind to be sent. */
export interface BindQuestion {
  /** What `encodeBindRequest` made; its message ID is set here. Not to be changed while it is being written. */
  readonly request: Buffer;
  /** By the process's clock. */
  readonly deadline: number;
  /** Writes under way: counted up here, and down by `wasWritten`. */
  writes: number;
  wasWritten(): void;
  /** Called once, by the deadline. The connection is destroyed unless a result came. */
  answered(connection: BindConnection, answer: BindAnswer): void;
}

/**
 * Bytes that are read at a time, into one buffer per connection: 'data' events would make a Buffer and some closures for each answer.
 */
const READ_BUFFER = 1024;
/** The limit for one upstream answer to a bind, in bytes. */
const LONGEST_ANSWER = 64 * 1024;

/** One TLS connection for binds, one in flight. Reports each result once, and its end once. */
export class BindConnection {
  private readonly framer = new Framer(LONGEST_ANSWER);
  private messageID = 0;
  private hadAnswer = false;
  /** What it waits for the answer to, and what is being written. */
  private waiting: BindQuestion | undefined;
  private writing: BindQuestion | undefined;
  private readonly timer = new CoalescedTimer((now) => this.look(now));
  private isRef = true;
  isClosed = false;
  /** True if it was the far end, or the way there, that ended it. */
  wasClosedByUpstream = false;
  /** When it was opened and when it was last given back, by the pool's clock. */
  openedAt = 0;
  idleSince = 0;
  /** When the bind that it waits for was sent, by the process's clock; undefined while there is none. */
  busySince: number | undefined;

  private constructor(
    readonly endpoint: UpstreamEndpoint,
    private readonly socket: Socket,
    private readonly onClosed: (connection: BindConnection) => void,
    private readonly defect: (error: unknown) => void,
  ) {}

  /**
   * Connects within `time` ms, verifies the certificate, and calls `opened` once with the connection or with what was wrong.
   * Returns a function that gives the attempt up: `opened` is then called with a fault. `defect` receives what is thrown here or by callbacks.
   */
  static open(
    dialer: Dialer,
    endpoint: UpstreamEndpoint,
    time: number,
    opened: (result: BindConnection | ConnectFault) => void,
    onClosed: (connection: BindConnection) => void,
    defect: (error: unknown) => void = () => {},
  ): () => void {
    const where = endpointName(endpoint);
    const buffer = Buffer.allocUnsafeSlow(READ_BUFFER);
    const callback = (length: number) => {
      connection.arrived(buffer, length);
      return true;
    };
    const socket = dialer.dial(endpoint, { buffer, callback });
    const connection: BindConnection = new BindConnection(endpoint, socket, onClosed, defect);
    let isSettled = false;
    const settle = (result: BindConnection | ConnectFault) => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      opened(result);
    };
    const giveUp = () => {
      if (isSettled) return;
      socket.destroy();
      settle({ cause: 'timeout', detail: `${where}: no connection within ${time} ms` });
    };
    const timer = setTimeout(giveUp, time);
    socket.once(endpoint.tls ? 'secureConnect' : 'connect', () =>
      connection.within(() => {
        connection.listen();
        settle(connection);
      }),
    );
    socket.on('error', (error) =>
      connection.within(() => {
        const cause = isTlsFault(error) ? 'tls' : 'network';
        settle({ cause, detail: `${where}: ${error.message}` });
        connection.broken(cause, error.message);
      }),
    );
    socket.on('close', () =>
      connection.within(() => {
        settle({ cause: 'network', detail: `${where} closed the connection` });
        connection.broken('network', 'the upstream closed the connection');
      }),
    );
    return giveUp;
  }

  /** Sends one bind, now by the process's clock. The one before was answered. */
  bind(question: BindQuestion, now: number): void {
    this.messageID = nextMessageID(this.messageID);
    setMessageID(question.request, this.messageID);
    this.hadAnswer = false;
    this.busySince = now;
    this.waiting = question;
    this.timer.notLaterThan(question.deadline);
    question.writes++;
    if (this.writing !== undefined) return this.writeBehind(question);
    this.writing = question;
    this.socket.write(question.request, this.written);
  }

  /** The answer before has overtaken the end of its write. Rare; a closure in `bind` itself would cost each bind a context for it. */
  private writeBehind(question: BindQuestion): void {
    this.socket.write(question.request, () => question.wasWritten());
  }

  private readonly written = (): void => {
    const { writing } = this;
    this.writing = undefined;
    writing?.wasWritten();
  };

  /** Ends the connection if the answer is too late; returns when to look again. */
  private look(now: number): number | undefined {
    if (this.waiting === undefined) return undefined;
    if (now < this.waiting.deadline) return this.waiting.deadline;
    this.answer({ kind: 'timeout' });
    this.destroy();
    return undefined;
  }

  /** Keeps an idle connection from keeping the process alive. */
  unref(): void {
    if (!this.isRef) return;
    this.isRef = false;
    this.socket.unref();
  }

  ref(): void {
    if (this.isRef) return;
    this.isRef = true;
    this.socket.ref();
  }

  destroy(): void {
    this.socket.destroy();
    this.closed();
  }

  private listen(): void {
    this.socket.on('data', (chunk: Buffer) => this.arrived(chunk, chunk.length));
    this.socket.on('end', () => this.within(() => this.broken('network', 'the upstream closed the connection')));
  }

  /** The wall around this connection: what is thrown is a defect of ours, and no fault of the upstream's. */
  private within(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.defect(error);
      this.socket.destroy();
    }
  }

  /** The first `length` bytes, in a buffer that is used again. The try block is written out here because this runs for each bind. */
  private arrived(buffer: Buffer, length: number): void {
    try {
      this.received(buffer, length);
    } catch (error) {
      this.defect(error);
      this.socket.destroy();
    }
  }

  private received(buffer: Buffer, length: number): void {
    this.hadAnswer = true;
    const isWhole = this.framer.pendingBytes === 0 && this.waiting !== undefined && !this.isClosed;
    const code = isWhole ? plainBindCode(buffer, length, this.messageID) : -1;
    if (code >= 0) return this.answer(code === 0 ? SUCCESS : WRONG_PASSWORD);
    this.framer.push(Buffer.from(buffer.subarray(0, length)));
    for (let answer = this.read(); answer !== undefined && !this.isClosed; answer = this.read()) this.judge(answer);
  }

  /** The next answer, an Error for bytes that are not an LDAP message, or undefined if there is no complete one. */
  private read(): LDAPMessage<Response> | Error | undefined {
    try {
      const pdu = this.framer.next();
      return pdu === undefined ? undefined : decodeResponse(pdu);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  private judge(answer: LDAPMessage<Response> | Error): void {
    if (answer instanceof Error) return this.broken('garbage', answer.message);
    const { messageID, op, controls } = answer;
    if (this.waiting === undefined || messageID !== this.messageID || op.kind !== 'bindResponse') {
      // A Notice of Disconnection, an answer to nobody, or a second one: this connection must not be trusted any more (R84).
      const what = messageID === 0 ? 'the upstream sent a Notice of Disconnection' : `an unexpected ${op.kind}`;
      return this.broken('garbage', what);
    }
    const policy = policyIn(controls);
    this.answer({ kind: 'result', code: op.result.code, ...(policy === undefined ? {} : { policy }) });
  }

  private broken(cause: Cause, detail: string): void {
    if (!this.isClosed) this.wasClosedByUpstream = true;
    this.answer({ kind: 'broken', cause, detail, hadAnswer: this.hadAnswer });
    this.destroy();
  }

  private answer(answer: BindAnswer): void {
    this.busySince = undefined;
    const { waiting } = this;
    this.waiting = undefined;
    waiting?.answered(this, answer);
  }

  private closed(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.timer.stop();
    this.framer.clear();
    this.onClosed(this);
  }
}

/** What cannot be read says nothing: it is beside the answer. */
function policyIn(controls: readonly Control[] | undefined): PolicyNews | undefined {
  const value = controls?.find(({ type }) => type === PASSWORD_POLICY)?.value;
  return value === undefined ? undefined : decodePolicyNews(value);
}
