// The operations of one connection: what may run beside what, in which order, and under whose identity (RFC 4511 3.1, 4.2.1).
import { respond, result } from '../gate/answer.js';
import type { Question, Recording, Sink } from '../gate/answers.js';
import type { BindOutcome } from '../gate/bind.js';
import type { GateContext } from '../gate/context.js';
import type { GateRequest } from '../gate/gate.js';
import { perform } from '../gate/gate.js';
import { questionOf } from '../gate/question.js';
import { revalidate } from '../gate/revalidate.js';
import { nameOf } from '../gate/search.js';
import { anonymousSession, type Channel, type Session } from '../gate/session.js';
import { Trace } from '../gate/trace.js';
import type { Authentication, Control, LDAPMessage, Request, Response } from '../ldap/message.js';
import { Oid } from '../ldap/message.js';
import { ResultCode } from '../ldap/result-code.js';
import { decodeCancelID } from '../wire/controls.js';
import { ProtocolError } from '../wire/errors.js';
import type { Rules } from './rules.js';
import { Searches } from './searches.js';
import type { Turns } from './turns.js';

export interface OperationsOptions {
  /** As they stand. */
  readonly rules: () => Rules;
  /** Operations that run at the same time; what is behind them waits unread. */
  readonly pendingOperations: number;
  /** When what is answered late has its turn. */
  readonly turns: Turns;
  readonly address: string;
  /** Before any TLS. */
  readonly channel: Channel;
  /** Encodes and sends; returns the octets. */
  readonly send: (message: LDAPMessage<Response>) => Buffer;
  /** Where answers from memory go. */
  readonly sink: Sink;
  readonly ended: (trace: Trace) => void;
  /** A bind that took its time was answered: what waits behind it may go on. */
  readonly resume: () => void;
}

/** Milliseconds of one event-loop turn that the searches of one connection have: five hundred may be running, and others wait (R72). */
const SEARCH_TIME = 1;

/** What a message means for the connection itself. */
export type Consequence = 'none' | 'close' | 'begin TLS';

export class Operations {
  private current: Session;
  private readonly searches = new Searches();
  /** Set while a bind runs: gives it up. */
  private binding: (() => void) | undefined;
  /** Of the message at hand: what it asks, if its answer is worth keeping. */
  private question: Question | undefined;
  /** A bind that waits for the searches before it. */
  private heldBind: LDAPMessage<GateRequest> | undefined;

  /** The rules that the session was made by. */
  private madeBy: GateContext;

  constructor(private readonly options: OperationsOptions) {
    this.current = anonymousSession(options.channel, options.address);
    this.madeBy = options.rules().gate;
  }

  get session(): Session {
    return this.current;
  }

  /** True while nothing is owed to the client. */
  get isIdle(): boolean {
    return this.binding === undefined && this.heldBind === undefined && this.searches.size === 0;
  }

  get hasSearches(): boolean {
    return this.searches.size > 0;
  }

  /** Binds are barriers: what is behind one waits for its result (R10). */
  mayTake(): boolean {
    return (
      this.binding === undefined && this.heldBind === undefined && this.searches.size < this.options.pendingOperations
    );
  }

  /**
   * Answers a search as the same one was answered before, octet for octet, without reading it again; false: it has to be taken.
   * Only while `mayTake()`.
   */
  recall(pdu: Buffer): boolean {
    const { rules, sink, ended } = this.options;
    const { gate } = rules();
    if (gate !== this.madeBy) this.adopt(gate);
    this.question = questionOf(pdu, this.current, gate);
    if (this.question === undefined) return false;
    const trace = gate.answers.recall(this.question, () => this.searchTrace(gate), sink);
    if (trace === undefined) return false;
    ended(trace);
    return true;
  }

  private searchTrace(gate: GateContext): Trace {
    const trace = new Trace('search', gate.clock);
    trace.account = nameOf(this.current);
    return trace;
  }

  /** Begins one operation, or ends some. Only while `mayTake()`. */
  take(message: LDAPMessage<Request>): Consequence {
    const { op } = message;
    switch (op.kind) {
      case 'unbindRequest':
        return 'close';
      case 'abandonRequest':
        this.searches.abandon(op.messageID);
        return 'none';
      case 'bindRequest':
        if (this.searches.size > 0) this.heldBind = { ...message, op };
        else this.run({ ...message, op });
        return 'none';
      case 'extendedRequest':
        if (op.requestName === Oid.cancel && message.controls?.some((control) => control.critical) !== true) {
          this.cancel(message.messageID, op.requestValue);
          return 'none';
        }
        if (op.requestName === Oid.startTLS && message.controls?.some((control) => control.critical) !== true) {
          return this.startTLS(message.messageID, op.requestValue !== undefined);
        }
        this.run({ ...message, op });
        return 'none';
      default:
        this.run({ ...message, op });
        return 'none';
    }
  }

  /** Gives the running searches their turns for a while, and then runs the bind that waited for them, if none is left. */
  draw(now: () => number, mayEmit: () => boolean): void {
    const { send, ended } = this.options;
    const startedAt = now();
    for (let time = startedAt; this.searches.size > 0 && mayEmit() && time - startedAt < SEARCH_TIME; time = now())
      this.searches.turn(time, mayEmit, send, ended);
    if (this.heldBind === undefined || this.searches.size > 0) return;
    const bind = this.heldBind;
    this.heldBind = undefined;
    this.run(bind);
  }

  /** A request whose envelope was good and whose content was not: its own response with 2; a bind leaves nobody bound (R9). */
  malformed(messageID: number, request: Request['kind']): Consequence {
    if (request === 'unbindRequest') return 'close';
    const response = respond(request, result(ResultCode.protocolError, 'malformed request'));
    if (request === 'bindRequest') this.forgetIdentity();
    if (response !== undefined) this.options.send({ messageID, op: response });
    return 'none';
  }

  /** Inside TLS a connection begins anew as nobody. */
  becameSecure(): void {
    this.current = anonymousSession('tls', this.options.address);
  }

  /** The client has left or is sent away: nothing more is answered. */
  giveUp(): void {
    this.binding?.();
    this.binding = undefined;
    this.heldBind = undefined;
    this.searches.clear();
  }

  private forgetIdentity(): void {
    this.current = anonymousSession(this.current.channel, this.options.address);
  }

  /** The configuration has changed since the last operation. */
  private adopt(gate: GateContext): void {
    this.current = revalidate(this.current, this.madeBy, gate);
    this.madeBy = gate;
  }

  private run({ messageID, op, ...rest }: LDAPMessage<GateRequest>): void {
    const { rules, send, ended, turns } = this.options;
    const { gate } = rules();
    if (gate !== this.madeBy) this.adopt(gate);
    // From here until its answer a bind leaves the connection without an identity (R10).
    if (op.kind === 'bindRequest') this.forgetIdentity();
    let isBound = false;
    let isLate = false;
    const outcome = perform({ messageID, op, ...rest }, this.current, gate, (bound: BindOutcome) => {
      isBound = true;
      if (op.kind === 'bindRequest') wipe(op.authentication);
      // Refusals that were held back fall due together, and an upstream may answer hundreds of binds in one turn.
      if (!isLate || turns.hasTime()) this.bound(messageID, bound, gate);
      else turns.later(() => this.bound(messageID, bound, gate));
    });
    isLate = true;
    switch (outcome.kind) {
      case 'pending':
        if (!isBound) this.binding = outcome.giveUp;
        return;
      case 'cursor':
        return this.searches.add({
          messageID,
          cursor: outcome.cursor,
          trace: outcome.trace,
          recording: this.recording(gate),
        });
      case 'answer':
        this.current = outcome.session;
        send(withControls({ messageID, op: outcome.response }, outcome.controls));
        ended(outcome.trace);
    }
  }

  private bound(messageID: number, { session, response, controls, trace }: BindOutcome, gate: GateContext): void {
    const { send, ended, resume } = this.options;
    this.binding = undefined;
    this.current = session;
    this.madeBy = gate;
    send(withControls({ messageID, op: response }, controls));
    ended(trace);
    resume();
  }

  private recording(gate: GateContext): Recording | undefined {
    const { question } = this;
    return question === undefined ? undefined : gate.answers.record(question);
  }

  /** RFC 3909: like abandon, but the canceled search is answered, and so is the cancel. */
  private cancel(messageID: number, value: Buffer | undefined): void {
    const { rules, send, ended } = this.options;
    const trace = new Trace('extended', rules().gate.clock);
    trace.name = Oid.cancel;
    const id = cancelID(value);
    if (id === undefined) {
      send({
        messageID,
        op: { kind: 'extendedResponse', result: result(ResultCode.protocolError, 'malformed request') },
      });
      return void ended(trace.end(ResultCode.protocolError, 'unknown-operation'));
    }
    const canceled = this.searches.abandon(id);
    if (canceled !== undefined) {
      const { trace: search } = canceled;
      send({ messageID: id, op: { kind: 'searchResultDone', result: result(ResultCode.canceled) } });
      ended(search.end(ResultCode.canceled, 'canceled'));
    }
    const code = canceled === undefined ? ResultCode.noSuchOperation : ResultCode.success;
    send({ messageID, op: { kind: 'extendedResponse', result: result(code) } });
    ended(trace.end(code, canceled === undefined ? 'not-found' : 'ok'));
  }

  /** Lets go what this session has kept for too long. `now` by the gate's clock. */
  expire(now: number): void {
    this.current.pages.expire(now);
  }

  /** RFC 4511 4.14. The answer is the last thing in clear. */
  private startTLS(messageID: number, hasValue: boolean): Consequence {
    const { rules, send, ended } = this.options;
    const { gate, tls } = rules();
    const trace = new Trace('extended', gate.clock);
    trace.name = Oid.startTLS;
    const refuse = (code: ResultCode, text: string): Consequence => {
      send({ messageID, op: { kind: 'extendedResponse', result: result(code, text) } });
      ended(trace.end(code, 'unknown-operation'));
      return 'none';
    };
    if (tls === undefined) return refuse(ResultCode.protocolError, 'StartTLS is not configured here');
    if (hasValue) return refuse(ResultCode.protocolError, 'StartTLS takes no value');
    if (this.current.channel === 'tls') return refuse(ResultCode.operationsError, 'TLS is already in use');
    if (this.searches.size > 0) return refuse(ResultCode.operationsError, 'operations are outstanding');
    send({
      messageID,
      op: { kind: 'extendedResponse', result: result(ResultCode.success), responseName: Oid.startTLS },
    });
    ended(trace.end(ResultCode.success, 'ok'));
    return 'begin TLS';
  }
}

function withControls(message: LDAPMessage<Response>, controls: readonly Control[] | undefined): LDAPMessage<Response> {
  return controls === undefined ? message : { ...message, controls };
}

function cancelID(value: Buffer | undefined): number | undefined {
  try {
    return decodeCancelID(value);
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

/** The password's octets were the socket's; they need not stay in memory. */
function wipe(authentication: Authentication): void {
  if (authentication.method === 'simple') authentication.password.fill(0);
  else if (authentication.method === 'sasl') authentication.credentials?.fill(0);
}
