// One client's connection: frames its octets, keeps the order of its operations, holds its session, and is the only writer to its socket.
import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import { respond, result } from '../gate/answer.js';
import type { BindOutcome } from '../gate/bind.js';
import type { GateContext } from '../gate/context.js';
import type { GateRequest } from '../gate/gate.js';
import { perform } from '../gate/gate.js';
import type { Session } from '../gate/session.js';
import { anonymousSession } from '../gate/session.js';
import { Trace } from '../gate/trace.js';
import type { LDAPMessage, Request, Response } from '../ldap/message.js';
import { Oid } from '../ldap/message.js';
import { ResultCode } from '../ldap/result-code.js';
import { decodeRequest } from '../wire/decode.js';
import { encodeMessage } from '../wire/encode.js';
import { ProtocolError } from '../wire/errors.js';
import { Framer } from '../wire/frame.js';
import type { Fault, ServerEvents, Source } from './events.js';
import type { Limits } from './limits.js';
import { Output } from './output.js';
import { Searches } from './searches.js';

export interface ConnectionOptions {
  readonly gate: GateContext;
  readonly limits: Limits;
  readonly events: ServerEvents;
  /** Present where TLS is configured; StartTLS is offered then. */
  readonly tls: SecureContext | undefined;
}

/** Messages handled in one turn of the event loop; the rest waits for the next, so that other clients are served between. */
const MESSAGES_PER_TURN = 32;
/** Time for a client to take the Notice of Disconnection before its socket is destroyed, in milliseconds. */
const FAREWELL = 1000;

type Phase =
  | 'open'
  | 'handshake'
  /** Nothing is read any more; what is owed is still answered. */
  | 'ending'
  /** The last octets are on their way; whatever still arrives is thrown away. */
  | 'closing'
  | 'closed';

export class Connection {
  private phase: Phase = 'open';
  private session: Session;
  private readonly framer: Framer;
  private readonly output: Output;
  private readonly searches = new Searches();
  /** Set while a bind runs: gives it up. */
  private binding: (() => void) | undefined;
  /** A bind that waits for the searches before it. */
  private heldBind: LDAPMessage<GateRequest> | undefined;
  private pumping = false;
  /** False once the framer was asked and had no whole message. */
  private mayHaveMore = false;
  private scheduled = false;
  private draining = false;
  private lastActivity: number;
  private messageSince = 0;
  private stalledSince = 0;
  private phaseSince: number;

  constructor(
    readonly id: number,
    private socket: Socket,
    readonly address: string,
    private readonly port: number,
    private readonly options: ConnectionOptions,
    private readonly onClosed: () => void,
  ) {
    this.session = anonymousSession(false, address);
    this.framer = new Framer(options.limits.messageBytesBeforeBind);
    this.output = new Output(socket);
    this.lastActivity = this.phaseSince = options.gate.clock();
    socket.setNoDelay(true);
    socket.on('close', () => this.closed());
    this.listenTo(socket);
  }

  get source(): Source {
    return { connection: this.id, address: this.address, port: this.port, secure: this.session.secure };
  }

  /** Begins TLS on this connection: at once for ldaps, after the answer for StartTLS. Cleartext received so far is thrown away (R65). */
  secure(context: SecureContext): void {
    this.enter('handshake');
    this.framer.clear();
    const raw = this.socket;
    raw.removeAllListeners('data');
    raw.removeAllListeners('end');
    raw.removeAllListeners('drain');
    const encrypted = new TLSSocket(raw, { isServer: true, secureContext: context });
    this.socket = encrypted;
    this.output.moveTo(encrypted);
    encrypted.once('secure', () => {
      encrypted.disableRenegotiation();
      this.session = anonymousSession(true, this.address);
      this.enter('open');
    });
    encrypted.on('close', () => this.closed());
    this.listenTo(encrypted);
  }

  /** Called about once a second: ends what takes too long. */
  sweep(now: number): void {
    const { limits } = this.options;
    switch (this.phase) {
      case 'handshake':
        if (now - this.phaseSince > limits.handshakeTime) this.abort('TLS handshake too slow', '');
        return;
      case 'closing':
        if (now - this.phaseSince > FAREWELL) this.socket.destroy();
        return;
      case 'closed':
        return;
      case 'open':
      case 'ending':
        if (this.output.stalled) {
          if (now - this.stalledSince > limits.messageTime) this.abort('client does not read', '');
        } else if (this.messageSince > 0 && this.isReading() && now - this.messageSince > limits.messageTime) {
          this.disconnect(ResultCode.timeLimitExceeded, 'message too slow', '');
        } else if (limits.idleTime > 0 && this.isIdle() && now - this.lastActivity > limits.idleTime) {
          this.disconnect(ResultCode.unavailable, 'idle', '');
        }
    }
  }

  /** Takes no further requests, answers those under way, then says goodbye (R102). */
  drain(): void {
    this.draining = true;
    if (this.phase === 'handshake') this.socket.destroy();
    else this.settle();
  }

  destroy(): void {
    this.socket.destroy();
  }

  private listenTo(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => this.received(chunk));
    socket.on('end', () => this.ended());
    socket.on('drain', () => this.drained());
    socket.on('error', (error) => this.broke(error));
  }

  private received(chunk: Buffer): void {
    if (this.phase !== 'open' || this.draining) return;
    this.lastActivity = this.options.gate.clock();
    this.framer.push(chunk);
    this.mayHaveMore = true;
    this.pump();
  }

  /** The client sends no more, but may still read (R60). */
  private ended(): void {
    if (this.phase === 'handshake') return void this.socket.destroy();
    if (this.phase !== 'open') return;
    this.enter('ending');
    this.settle();
  }

  private drained(): void {
    this.output.stalled = false;
    this.lastActivity = this.options.gate.clock();
    this.pump();
  }

  private broke(error: Error): void {
    if (this.phase === 'closing' || this.phase === 'closed') return;
    const fault = this.phase === 'handshake' ? 'TLS handshake failed' : 'connection error';
    this.abort(fault, error.message);
  }

  /** Handles whole messages and running searches until the turn's budget is spent, then writes once. */
  private pump(): void {
    if (this.pumping) return;
    this.pumping = true;
    try {
      let left = MESSAGES_PER_TURN;
      while (left-- > 0 && this.mayTakeMessage()) {
        const pdu = this.framer.next();
        if (pdu === undefined) {
          this.mayHaveMore = false;
          break;
        }
        this.take(decodeRequest(pdu));
      }
      this.draw();
    } catch (error) {
      this.failed(error);
    } finally {
      this.pumping = false;
    }
    this.settle();
  }

  private draw(): void {
    const { clock } = this.options.gate;
    for (let turns = this.searches.size; turns > 0 && this.searches.size > 0 && !this.output.stalled; turns--) {
      this.searches.turn(
        clock(),
        () => this.output.pendingBytes < this.options.limits.pendingBytes,
        (message) => this.send(message),
        (trace) => this.options.events.operation(trace, this.source),
      );
    }
    if (this.heldBind !== undefined && this.searches.size === 0) {
      const bind = this.heldBind;
      this.heldBind = undefined;
      this.run(bind);
    }
  }

  private mayTakeMessage(): boolean {
    return (
      (this.phase === 'open' || this.phase === 'ending') &&
      this.binding === undefined &&
      this.heldBind === undefined &&
      !this.output.stalled &&
      this.searches.size < this.options.limits.pendingOperations
    );
  }

  private take(message: LDAPMessage<Request>): void {
    const { op } = message;
    switch (op.kind) {
      case 'unbindRequest':
        this.searches.clear();
        return this.close();
      case 'abandonRequest':
        this.searches.abandon(op.messageID);
        return;
      case 'bindRequest':
        if (this.searches.size > 0) this.heldBind = { ...message, op };
        else this.run({ ...message, op });
        return;
      case 'extendedRequest':
        if (op.requestName === Oid.startTLS && message.controls?.some((control) => control.critical) !== true) {
          return this.startTLS(message.messageID, op.requestValue !== undefined);
        }
        return this.run({ ...message, op });
      default:
        return this.run({ ...message, op });
    }
  }

  private run(message: LDAPMessage<GateRequest>): void {
    const { gate, events } = this.options;
    const { messageID, op } = message;
    // From here until its answer a bind leaves the connection without an identity (R10).
    if (op.kind === 'bindRequest') this.session = anonymousSession(this.session.secure, this.address);
    let isBound = false;
    const outcome = perform(message, this.session, gate, (bound: BindOutcome) => {
      isBound = true;
      this.binding = undefined;
      if (op.kind === 'bindRequest' && op.authentication.method === 'simple') op.authentication.password.fill(0);
      this.session = bound.session;
      this.framer.limit = this.messageLimit();
      this.send({ messageID, op: bound.response });
      events.operation(bound.trace, this.source);
      this.pump();
    });
    switch (outcome.kind) {
      case 'pending':
        if (!isBound) this.binding = outcome.giveUp;
        return;
      case 'cursor':
        return this.searches.add(messageID, outcome.cursor, outcome.trace);
      case 'answer':
        this.session = outcome.session;
        this.framer.limit = this.messageLimit();
        this.send({ messageID, op: outcome.response });
        events.operation(outcome.trace, this.source);
    }
  }

  private messageLimit(): number {
    const { limits } = this.options;
    return this.session.identity.kind === 'anonymous' ? limits.messageBytesBeforeBind : limits.messageBytes;
  }

  /** RFC 4511 4.14. The answer is the last thing in clear; what the client sent behind its request is thrown away. */
  private startTLS(messageID: number, hasValue: boolean): void {
    const trace = new Trace('extended', this.options.gate.clock);
    trace.name = Oid.startTLS;
    const { tls } = this.options;
    const refuse = (code: 1 | 2, text: string) => {
      this.send({ messageID, op: { kind: 'extendedResponse', result: result(code, text) } });
      this.options.events.operation(trace.end(code, 'unknown-operation'), this.source);
    };
    if (tls === undefined) return refuse(ResultCode.protocolError, 'StartTLS is not configured here');
    if (hasValue) return refuse(ResultCode.protocolError, 'StartTLS takes no value');
    if (this.session.secure) return refuse(ResultCode.operationsError, 'TLS is already in use');
    if (this.searches.size > 0) return refuse(ResultCode.operationsError, 'operations are outstanding');
    this.send({
      messageID,
      op: { kind: 'extendedResponse', result: result(ResultCode.success), responseName: Oid.startTLS },
    });
    this.options.events.operation(trace.end(0, 'ok'), this.source);
    this.secure(tls);
  }

  private send(message: LDAPMessage<Response>): void {
    if (this.phase === 'closed' || this.phase === 'closing') return;
    this.output.add(encodeMessage(message));
  }

  /** Writes what was collected and decides what happens next: go on later, read on, or end. */
  private settle(): void {
    if (this.phase === 'closed') return;
    const wasStalled = this.output.stalled;
    this.output.flush();
    const now = this.options.gate.clock();
    if (this.output.stalled && !wasStalled) this.stalledSince = now;
    if (this.phase !== 'open' && this.phase !== 'ending') return;
    this.messageSince = this.framer.pendingBytes === 0 ? 0 : this.messageSince || now;
    const isOwing = this.binding !== undefined || this.heldBind !== undefined || this.searches.size > 0;
    if (!isOwing && !this.output.stalled) {
      if (this.draining) return this.farewell(ResultCode.unavailable, 'the server is shutting down');
      if (this.phase === 'ending' && !this.mayHaveMore) return this.close();
    }
    this.regulate();
    if (!this.output.stalled && (this.searches.size > 0 || (this.mayTakeMessage() && this.mayHaveMore)))
      this.schedule();
  }

  /** Stops reading from a client that is ahead of us, and goes on when we have caught up (R69). */
  private regulate(): void {
    const isAhead = !this.mayTakeMessage() && this.framer.pendingBytes > this.options.limits.messageBytesBeforeBind;
    if (isAhead === this.socket.isPaused()) return;
    if (isAhead) this.socket.pause();
    else this.socket.resume();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      if (this.phase !== 'closed') this.pump();
    });
  }

  private isReading(): boolean {
    return this.mayTakeMessage() && !this.mayHaveMore;
  }

  private isIdle(): boolean {
    return this.binding === undefined && this.heldBind === undefined && this.searches.size === 0;
  }

  /** A message that could not be read: answered if its envelope was good, else the connection ends (RFC 4511 4.1.1, 5.3). */
  private failed(error: unknown): void {
    if (!(error instanceof ProtocolError)) {
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return this.disconnect(ResultCode.other, 'defect', detail);
    }
    if (error.messageID === undefined || error.request === undefined) {
      return this.disconnect(ResultCode.protocolError, 'malformed message', error.message);
    }
    const response = respond(error.request, result(ResultCode.protocolError, 'malformed request'));
    if (error.request === 'unbindRequest') return this.close();
    if (response === undefined) return; // a malformed abandon has no answer
    if (error.request === 'bindRequest') {
      this.session = anonymousSession(this.session.secure, this.address);
      this.framer.limit = this.messageLimit();
    }
    this.send({ messageID: error.messageID, op: response });
    this.options.events.fault('malformed message', error.message, this.source);
  }

  private disconnect(code: ResultCode, fault: Fault, detail: string): void {
    this.options.events.fault(fault, detail, this.source);
    this.farewell(code, fault === 'defect' ? 'internal error' : fault);
  }

  /** Notice of Disconnection (RFC 4511 4.4.1), then the end. */
  private farewell(code: ResultCode, text: string): void {
    if (this.phase === 'closing' || this.phase === 'closed') return;
    const notice = result(code, text);
    this.send({
      messageID: 0,
      op: { kind: 'extendedResponse', result: notice, responseName: Oid.noticeOfDisconnection },
    });
    this.close();
  }

  private close(): void {
    if (this.phase === 'closing' || this.phase === 'closed') return;
    this.output.flush();
    this.giveUp();
    this.enter('closing');
    this.framer.clear();
    this.socket.end();
    this.socket.resume(); // what still arrives is read and thrown away: unread octets would turn the end into a reset
  }

  private abort(fault: Fault, detail: string): void {
    this.options.events.fault(fault, detail, this.source);
    this.giveUp();
    this.enter('closing');
    this.socket.destroy();
  }

  private giveUp(): void {
    this.binding?.();
    this.binding = undefined;
    this.heldBind = undefined;
    this.searches.clear();
  }

  private enter(phase: Phase): void {
    this.phase = phase;
    this.phaseSince = this.options.gate.clock();
  }

  private closed(): void {
    if (this.phase === 'closed') return;
    this.giveUp();
    this.framer.clear();
    this.phase = 'closed';
    this.onClosed();
  }
}
