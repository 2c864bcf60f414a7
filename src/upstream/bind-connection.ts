// One connection of the verifier: binds again and again, one bind in flight, nothing else (R85).
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Control, LDAPMessage, PolicyNews, Response } from '../ldap/message.js';
import { CoalescedTimer } from '../runtime/coalesced-timer.js';
import { decodePolicyNews, PASSWORD_POLICY } from '../wire/controls.js';
import { decodeResponse } from '../wire/decode.js';
import { encodeMessage } from '../wire/encode.js';
import { Framer } from '../wire/frame.js';
import type { Dialer } from './dialer.js';
import { endpointName, isTlsFault, type UpstreamEndpoint } from './endpoint.js';

export type Cause = 'network' | 'tls' | 'timeout' | 'garbage' | 'busy' | 'unavailable';

/** What became of a bind on this connection. */
export type BindAnswer =
  | { readonly kind: 'result'; readonly code: number; readonly policy?: PolicyNews }
  /** `hadAnswer`: at least one octet came back after the bind was sent. */
  | { readonly kind: 'broken'; readonly cause: Cause; readonly detail: string; readonly hadAnswer: boolean }
  | { readonly kind: 'timeout' };

export interface BindQuestion {
  readonly dn: string;
  readonly password: Buffer;
  /** By the process's clock. */
  readonly deadline: number;
  /** With the password policy control, which an upstream that does not know it ignores. */
  readonly asksPolicy: boolean;
}

export interface ConnectFault {
  readonly cause: Cause;
  readonly detail: string;
}

/** Octets of one upstream answer to a bind. */
const LONGEST_ANSWER = 64 * 1024;
const LARGEST_ID = 2 ** 30;

export class BindConnection {
  private readonly framer = new Framer(LONGEST_ANSWER);
  private messageID = 0;
  private hadAnswer = false;
  private waiting: ((answer: BindAnswer) => void) | undefined;
  /** When it is too late for the answer that is waited for, by the process's clock. */
  private deadline = 0;
  private readonly timer = new CoalescedTimer((now) => this.look(now));
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
   * Returns how to give the attempt up: `opened` is then called with a fault. `defect` is told what is thrown here or by those who are told.
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
    const socket = dialer.dial(endpoint);
    const connection = new BindConnection(endpoint, socket, onClosed, defect);
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

  /** Sends one bind; `answered` is called once, by the `deadline` of the process's clock. The connection is destroyed unless a result came. */
  bind({ dn, password, deadline, asksPolicy }: BindQuestion, answered: (answer: BindAnswer) => void): void {
    this.messageID = (this.messageID % LARGEST_ID) + 1;
    this.hadAnswer = false;
    this.busySince = performance.now();
    this.waiting = answered;
    const pdu = encodeMessage({
      messageID: this.messageID,
      op: { kind: 'bindRequest', version: 3, name: dn, authentication: { method: 'simple', password } },
      ...(asksPolicy ? { controls: [POLICY_REQUEST] } : {}),
    });
    this.deadline = deadline;
    this.timer.notLaterThan(deadline);
    this.socket.write(pdu, () => pdu.fill(0));
  }

  /** Ends the connection if the answer is too late; returns when to look again. */
  private look(now: number): number | undefined {
    if (this.waiting === undefined) return undefined;
    if (now < this.deadline) return this.deadline;
    this.answer({ kind: 'timeout' });
    this.destroy();
    return undefined;
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
    this.socket.on('data', (chunk: Buffer) => this.within(() => this.arrived(chunk)));
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

  private arrived(chunk: Buffer): void {
    this.hadAnswer = true;
    this.framer.push(chunk);
    for (let answer = this.read(); answer !== undefined && !this.isClosed; answer = this.read()) this.received(answer);
  }

  /** The next answer; octets that are none, or undefined if there is no whole one. */
  private read(): LDAPMessage<Response> | Error | undefined {
    try {
      const pdu = this.framer.next();
      return pdu === undefined ? undefined : decodeResponse(pdu);
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  private received(answer: LDAPMessage<Response> | Error): void {
    if (answer instanceof Error) return this.broken('garbage', answer.message);
    const { messageID, op, controls } = answer;
    if (this.waiting === undefined || messageID !== this.messageID || op.kind !== 'bindResponse') {
      // A Notice of Disconnection, an answer to nobody, or a second one: this connection is not to be trusted any more (R84).
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
    waiting?.(answer);
  }

  private closed(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.timer.stop();
    this.framer.clear();
    this.onClosed(this);
  }
}

const POLICY_REQUEST: Control = { type: PASSWORD_POLICY, critical: false };

/** What cannot be read says nothing: it is beside the answer. */
function policyIn(controls: readonly Control[] | undefined): PolicyNews | undefined {
  const value = controls?.find(({ type }) => type === PASSWORD_POLICY)?.value;
  return value === undefined ? undefined : decodePolicyNews(value);
}
