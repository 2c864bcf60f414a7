// One client's connection: frames its octets, hands messages to its operations, is the only writer to its socket, and ends in time.
import type { Socket } from 'node:net';
import { noticeOfDisconnection, result } from '../gate/answer.js';
import type { LDAPMessage, Response } from '../ldap/message.js';
import { ResultCode } from '../ldap/result-code.js';
import { decodeRequest } from '../wire/decode.js';
import { encodeMessage } from '../wire/encode.js';
import { ProtocolError } from '../wire/errors.js';
import { Framer } from '../wire/frame.js';
import type { Arena } from './arena.js';
import { beginTls, type ClientTls, whenSpoken } from './client-tls.js';
import { Deadlines, type Phase } from './deadlines.js';
import type { Fault, ServerEvents, Source } from './events.js';
import type { Limits } from './limits.js';
import { type Consequence, Operations } from './operations.js';
import { Output } from './output.js';
import type { Listed } from './roster.js';
import type { Rules } from './rules.js';
import type { Turns } from './turns.js';

export interface ConnectionOptions {
  /** As they stand. */
  readonly rules: () => Rules;
  readonly events: ServerEvents;
  /** Shared by all connections. */
  readonly turns: Turns;
  readonly arena: Arena;
}

/** Messages handled in one turn of the event loop; the rest waits for the next, so that other clients are served between. */
const MESSAGES_PER_TURN = 32;
/** Milliseconds of silence after which the kernel asks whether the client is still there. */
const KEEP_ALIVE = 120_000;

export class Connection implements Listed {
  place = -1;
  private phase: Phase = 'open';
  private readonly operations: Operations;
  private readonly deadlines: Deadlines;
  private readonly framer: Framer;
  private readonly output: Output;
  private pumping = false;
  /** False once the framer was asked and had no whole message. */
  private mayHaveMore = false;
  private scheduled = false;
  private draining = false;
  private readonly limits: Limits;

  constructor(
    readonly id: number,
    private socket: Socket,
    readonly address: string,
    private readonly port: number,
    channel: 'clear' | 'ldapi',
    private readonly options: ConnectionOptions,
    private readonly onClosed: () => void,
  ) {
    const { rules, events, turns } = options;
    const { gate, limits } = rules();
    this.limits = limits;
    this.output = new Output(socket, options.arena);
    this.operations = new Operations({
      rules,
      pendingOperations: limits.pendingOperations,
      turns,
      address,
      channel,
      send: (message) => this.send(message),
      sink: this.output,
      ended: (trace) => events.operation(trace, this.source),
      resume: () => this.pump(),
    });
    this.deadlines = new Deadlines(limits, gate.clock);
    this.framer = new Framer(limits.messageBytesBeforeBind);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE);
    socket.on('close', () => this.closed());
    this.listenTo(socket);
  }

  get source(): Source {
    return { connection: this.id, address: this.address, port: this.port, channel: this.operations.session.channel };
  }

  /**
   * TLS from here on: at once for ldaps, after the answer for StartTLS. Cleartext received so far is thrown away (R65). A handshake
   * costs a millisecond that nothing can interrupt; so it begins when the client does, and in a turn that has time for it.
   */
  secure(tls: ClientTls): void {
    this.enter('handshake');
    this.framer.clear();
    whenSpoken(this.socket, () => {
      this.options.turns.later(() => {
        if (this.phase === 'handshake') this.beginHandshake(tls);
      });
    });
  }

  private beginHandshake(tls: ClientTls): void {
    const encrypted = beginTls(this.socket, tls, () => {
      this.operations.becameSecure();
      this.enter('open');
    });
    this.socket = encrypted;
    this.output.moveTo(encrypted);
    encrypted.on('close', () => this.closed());
    this.listenTo(encrypted);
  }

  /** Called about once a second: ends what takes too long. */
  sweep(now: number): void {
    const { phase, operations, output } = this;
    operations.expire(now);
    const overdue = this.deadlines.overdue(
      {
        phase,
        isStalled: output.stalled,
        isReading: this.mayTakeMessage() && !this.mayHaveMore,
        isIdle: operations.isIdle,
      },
      now,
    );
    switch (overdue) {
      case undefined:
        return;
      case 'gone':
        return void this.socket.destroy();
      case 'message too slow':
        return this.disconnect(ResultCode.timeLimitExceeded, overdue, '');
      case 'idle':
        return this.disconnect(ResultCode.unavailable, overdue, '');
      default:
        return this.abort(overdue, '');
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
    this.deadlines.clientMoved();
    this.framer.push(chunk);
    this.mayHaveMore = true;
    this.pumpInTime();
    // What was left for a later turn is kept already: no more is read until then.
    this.regulate();
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
    this.deadlines.clientMoved();
    this.pumpInTime();
  }

  private broke(error: Error): void {
    if (this.phase === 'closing' || this.phase === 'closed') return;
    const fault = this.phase === 'handshake' ? 'TLS handshake failed' : 'connection error';
    this.abort(fault, error.message);
  }

  /** Now, if the turn has time for it. */
  private pumpInTime(): void {
    if (this.options.turns.hasTime()) this.pump();
    else this.schedule();
  }

  /** Handles whole messages and running searches until the turn's budget is spent, then writes once. */
  private pump(): void {
    if (this.pumping) return;
    this.pumping = true;
    try {
      let left = MESSAGES_PER_TURN;
      while (left-- > 0 && this.mayTakeMessage() && this.mayEmit() && this.options.turns.hasTime()) {
        // A smaller ceiling for whoever is nobody; it counts for the next message at the latest (R54).
        this.framer.limit = this.messageLimit();
        const pdu = this.framer.next();
        if (pdu === undefined) {
          this.mayHaveMore = false;
          break;
        }
        this.deadlines.messageTaken();
        if (!this.operations.recall(pdu)) this.follow(this.operations.take(decodeRequest(pdu)));
      }
      this.operations.draw(this.options.rules().gate.clock, () => this.mayEmit());
    } catch (error) {
      this.failed(error);
    } finally {
      this.pumping = false;
    }
    this.settle();
  }

  private follow(consequence: Consequence): void {
    // A client that sends no more cannot begin TLS either.
    const isFutile = consequence === 'begin TLS' && this.phase === 'ending';
    if (consequence === 'close' || isFutile) this.close();
    else if (consequence === 'begin TLS') this.secure(this.options.rules().tls!);
  }

  private mayEmit(): boolean {
    return !this.output.stalled && this.output.pendingBytes < this.limits.pendingBytes;
  }

  private mayTakeMessage(): boolean {
    return (this.phase === 'open' || this.phase === 'ending') && !this.output.stalled && this.operations.mayTake();
  }

  private messageLimit(): number {
    const { limits } = this;
    const isAnonymous = this.operations.session.identity.kind === 'anonymous';
    return isAnonymous ? limits.messageBytesBeforeBind : limits.messageBytes;
  }

  private send(message: LDAPMessage<Response>): Buffer {
    const octets = encodeMessage(message);
    if (this.phase !== 'closed' && this.phase !== 'closing') this.output.add(octets);
    return octets;
  }

  /** Writes what was collected and decides what happens next: go on later, read on, or end. */
  private settle(): void {
    if (this.phase === 'closed') return;
    const wasStalled = this.output.stalled;
    this.output.flush();
    if (this.output.stalled && !wasStalled) this.deadlines.outputStalled();
    if (this.phase !== 'open' && this.phase !== 'ending') return;
    this.deadlines.messagePending(this.framer.pendingBytes > 0);
    if (this.operations.isIdle && !this.output.stalled) {
      if (this.draining) return this.farewell(ResultCode.unavailable, 'the server is shutting down');
      if (this.phase === 'ending' && !this.mayHaveMore) return this.close();
    }
    this.regulate();
    if (!this.output.stalled && (this.operations.hasSearches || (this.mayTakeMessage() && this.mayHaveMore)))
      this.schedule();
  }

  /**
   * Stops reading from a client that is ahead of us, and goes on when we have caught up (R69): octets beyond what the message at hand
   * needs are kept only up to what one read of the socket brings, whatever the messages are.
   */
  private regulate(): void {
    if (this.phase !== 'open' && this.phase !== 'ending') return;
    const isBehind = this.mayHaveMore || !this.mayTakeMessage();
    const isAhead = isBehind && this.framer.pendingBytes > this.limits.messageBytesBeforeBind;
    if (isAhead === this.socket.isPaused()) return;
    if (isAhead) this.socket.pause();
    else this.socket.resume();
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    this.options.turns.later(this.goOn);
  }

  private readonly goOn = () => {
    this.scheduled = false;
    if (this.phase !== 'closed') this.pump();
  };

  /** A message that could not be read: answered if its envelope was good, else the connection ends (RFC 4511 4.1.1, 5.3). */
  private failed(error: unknown): void {
    if (!(error instanceof ProtocolError)) {
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return this.disconnect(ResultCode.other, 'defect', detail);
    }
    if (error.messageID === undefined || error.request === undefined) {
      return this.disconnect(ResultCode.protocolError, 'malformed message', error.message);
    }
    this.options.events.fault('malformed message', error.message, this.source);
    this.follow(this.operations.malformed(error.messageID, error.request));
  }

  private disconnect(code: ResultCode, fault: Fault, detail: string): void {
    this.options.events.fault(fault, detail, this.source);
    this.farewell(code, fault === 'defect' ? 'internal error' : fault);
  }

  /** Notice of Disconnection (RFC 4511 4.4.1), then the end. */
  private farewell(code: ResultCode, text: string): void {
    if (this.phase === 'closing' || this.phase === 'closed') return;
    this.send({ messageID: 0, op: noticeOfDisconnection(result(code, text)) });
    this.close();
  }

  private close(): void {
    if (this.phase === 'closing' || this.phase === 'closed') return;
    this.output.flush();
    this.operations.giveUp();
    this.enter('closing');
    this.framer.clear();
    this.socket.end();
    this.socket.resume(); // what still arrives is read and thrown away: unread octets would turn the end into a reset
  }

  private abort(fault: Fault, detail: string): void {
    this.options.events.fault(fault, detail, this.source);
    this.operations.giveUp();
    this.enter('closing');
    this.socket.destroy();
  }

  private enter(phase: Phase): void {
    this.phase = phase;
    this.deadlines.phaseBegan();
  }

  private closed(): void {
    if (this.phase === 'closed') return;
    this.operations.giveUp();
    this.framer.clear();
    this.phase = 'closed';
    this.onClosed();
  }
}
