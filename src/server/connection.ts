// One client's connection: frames its bytes, passes requests to the gate, continues operations under way, is the only writer to its socket.
import type { Socket } from 'node:net';
import { Work } from '../directory/work.js';
import { canceled, disconnection, dispatch, type Received, revoked, turnAway } from '../gate/dispatch.js';
import type { Answered, Ended } from '../gate/operation.js';
import { revalidate } from '../gate/revalidate.js';
import { anonymousSession, type Session } from '../gate/session.js';
import type { World } from '../gate/world.js';
import type { Control, Response, SearchResultEntry } from '../ldap/message.js';
import { ResultCode } from '../ldap/result-code.js';
import { decodeRequest } from '../wire/decode.js';
import { ProtocolError } from '../wire/errors.js';
import { Framer } from '../wire/frame.js';
import type { ClientAddress, Displaceable, Stranger } from './client-address.js';
import { beginTls, whenSpoken } from './client-tls.js';
import type { Client, ConnectionOptions, ConnectionWatcher } from './connection-options.js';
import { type ConnectionEvent, type ConnectionState, nextState, RIGHTS, type Rights } from './connection-state.js';
import { Deadlines } from './deadlines.js';
import type { ConnectionFault, Source } from './events.js';
import { Task } from './fair-scheduler.js';
import { KeptOctets } from './kept-octets.js';
import type { Limits } from './limits.js';
import { Operations, type Owner, Running } from './operations.js';
import { Output } from './output.js';
import { plainSearch, recall } from './recall.js';
import type { Recording } from './response-cache.js';
import type { Guest } from './roster.js';
import type { Door, Doors, Rules } from './rules.js';
import { listenTo, type SocketOwner } from './socket-events.js';

/** Messages taken in one turn of the event loop; a long one counts as several. The rest waits, so other clients are served in between. */
const MESSAGES_PER_TURN = 32;
const OCTETS_PER_MESSAGE = 8192;
/** Units of work of one turn: a millisecond or so. */
const WORK_PER_TURN = 8000;
/** Bytes of further messages that may be kept while the current one waits: a few requests close together are not a flood. */
const SURPLUS = 4096;
/** Bytes of output that may wait for a client that has never proved an identity. */
const STRANGERS_OUTPUT = 64 * 1024;
/** Milliseconds of silence after which the kernel asks whether the client is still there. */
const KEEP_ALIVE = 120_000;

/** Units of work that are left of a turn. One connection has its turn at a time, in the whole process. */
const work = new Work(0);

/** One client connection, from accept to close. The only writer to its socket; errors of one operation end at most this connection. */
export class Connection extends Task implements Guest, Displaceable, Owner, SocketOwner {
  place = -1;
  stranger: Stranger | undefined;
  private state: ConnectionState = 'open';
  /** What the state allows. */
  private rights: Rights = RIGHTS.open;
  private session: Session;
  /** The rules that the session was made by. */
  private madeBy: World;
  private wasBound = false;
  /** The name of the app that it is for; undefined as long as that is not decided. */
  private app: string | undefined;
  /** The text of the Notice of Disconnection when the connection ends and nothing is owed to the client. */
  private parting = 'the server is shutting down';
  /** True once the client has sent something. */
  private hasSpoken = false;
  private readonly operations: Operations;
  private readonly deadlines: Deadlines;
  private readonly framer: Framer;
  private readonly output: Output;
  private readonly kept: KeptOctets;
  /** True from when we have stopped reading from the socket until we go on. */
  private isPaused = false;
  /** The last source that was made for events about this client. */
  private lastSource: Source | undefined;
  /** True when its deadlines must be checked. */
  private isDue = false;
  /** True once the kernel asks whether the client is still there. */
  private isKeptAlive = false;
  private readonly limits: Limits;

  /** `socket` sends without delay. */
  constructor(
    readonly client: Client,
    private socket: Socket,
    private readonly options: ConnectionOptions,
    private readonly watcher: ConnectionWatcher<Connection>,
  ) {
    super();
    const { first, several } = options.door();
    const { gate, limits } = first;
    if (several === undefined) this.app = first.name;
    this.limits = limits;
    this.madeBy = gate;
    this.session = anonymousSession(client.channel, client.origin.block);
    this.output = new Output(socket, options.buffers);
    this.operations = new Operations(this, client.origin);
    this.kept = new KeptOctets(client.origin.kept);
    this.deadlines = new Deadlines(limits, gate.clock);
    this.framer = new Framer(limits.messageBytesBeforeBind);
    listenTo(socket, this);
  }

  /** The door that it came in by. */
  get entrance(): string {
    return this.options.entrance;
  }

  get lane(): ClientAddress {
    return this.client.origin;
  }

  /** The same object for as long as it is true. */
  get source(): Source {
    const { lastSource: told, hasSpoken } = this;
    const { channel } = this.session;
    if (told !== undefined && told.channel === channel && told.isSilent !== hasSpoken) return told;
    const { id, address, port } = this.client;
    const app = this.decided(this.options.door())?.app;
    this.lastSource = { connection: id, address, port, channel, app, isSilent: !hasSpoken };
    return this.lastSource;
  }

  /** False once a new configuration has no such door, or another app behind it. */
  isWelcome(doors: Doors): boolean {
    const door = doors.get(this.entrance);
    return door !== undefined && (this.app === undefined || this.decided(door) !== undefined);
  }

  /**
   * TLS from here on: immediately for ldaps, after the answer for StartTLS. Cleartext received so far is discarded (R65). A handshake costs a
   * millisecond that nothing can interrupt, so it waits for the client to begin, and for this connection's turn.
   */
  secure(): void {
    this.on('TLS due');
    this.framer.clear();
    this.isPaused = false;
    whenSpoken(this.socket, () => {
      this.hasSpoken = true;
      if (this.on('client began TLS')) this.schedule();
    });
  }

  /** Its turn (see FairScheduler). */
  run(now: number): boolean {
    if (this.isDue) {
      this.isDue = false;
      this.within(this.endOverdue, now);
    }
    if (this.state === 'handshake due') {
      this.within(this.beginHandshake, undefined);
      return true;
    }
    // As `within` does, without a call through it.
    try {
      this.pump(now);
    } catch (error) {
      this.failed(error);
    }
    return false;
  }

  /** Called about once a second: what takes too long is ended when it is its turn, for thousands may be too slow at the same time. */
  sweep(now: number): void {
    this.within(this.look, now);
  }

  /** From now on the kernel asks whether a silent client is still there; false if it does already. Enabling this takes four system calls. */
  keepAlive(): boolean {
    if (this.isKeptAlive) return false;
    this.isKeptAlive = true;
    this.socket.setKeepAlive(true, KEEP_ALIVE);
    return true;
  }

  /** Takes no further requests, answers those under way, then says goodbye (R102), with `parting` if that is not for the server's end. */
  drain(parting = this.parting): void {
    this.parting = parting;
    this.within(this.stop, undefined);
  }

  /** Whose it is, if it is a user's: its canonical uid. */
  get user(): string | undefined {
    const { identity } = this.session;
    return identity.kind === 'user' ? identity.uid : undefined;
  }

  /** It is anonymous from here on: its operations end, and nothing more of them is sent. */
  revoke(): void {
    this.within(this.becomeNobody, undefined);
  }

  /** Makes room for another client. */
  displace(): void {
    this.within<ConnectionFault>(this.abort, 'displaced');
  }

  destroy(): void {
    this.socket.destroy();
  }

  // What operations have to say.

  mayEmit(): boolean {
    const { output } = this;
    if (output.stalled) return false;
    const { pendingBytes } = this.limits;
    const most = this.wasBound ? pendingBytes : Math.min(pendingBytes, STRANGERS_OUTPUT);
    // Where there is no room for more, one message at a time.
    return output.pendingBytes < (this.kept.isOverdrawn ? 1 : most);
  }

  entry({ messageID, recording }: Running, entry: SearchResultEntry): number {
    return this.send(messageID, entry, undefined, recording);
  }

  ended({ messageID, operation, context, recording }: Running, { response, controls, session, trace }: Ended): void {
    if (session !== undefined) this.become(session, context);
    if (!this.wasBound && operation.isBind) this.watcher.fails(this);
    if (response !== undefined) this.send(messageID, response, controls, recording);
    if (trace === undefined) return;
    recording?.finish(trace);
    this.options.events.operation(trace, this.source);
  }

  woken(): void {
    this.schedule();
  }

  // What happens on the socket.

  socketRead(chunk: Buffer): void {
    // As `within` does, without a call through it.
    try {
      this.received(chunk);
    } catch (error) {
      this.failed(error);
    }
  }

  socketEnded(): void {
    this.within(this.clientEnded, undefined);
  }

  socketDrained(): void {
    this.within(this.drained, undefined);
  }

  socketFailed(error: NodeJS.ErrnoException): void {
    this.within(this.broke, error);
  }

  socketClosed(): void {
    this.within(this.closed, undefined);
  }

  /** The wall: everything that happens on a connection happens in here. What is thrown is a defect of ours, and harms this client only. */
  private within<Argument>(step: (this: Connection, argument: Argument) => void, argument: Argument): void {
    try {
      step.call(this, argument);
    } catch (error) {
      this.failed(error);
    }
  }

  private failed(error: unknown): void {
    const { current } = this.operations;
    this.operations.current = undefined;
    try {
      this.options.events.defect(error, this.source, current?.operation.trace);
      this.farewell(ResultCode.other, 'internal error');
    } catch {
      // Not even that is possible.
      this.on('abort');
      this.socket.destroy();
    }
  }

  private received(chunk: Buffer): void {
    this.hasSpoken = true;
    if (!this.rights.reads) return void chunk.fill(0);
    const now = this.clock();
    this.deadlines.clientMoved(now);
    this.framer.push(chunk);
    this.pumpInTime(now);
  }

  /** The client sends no more, but may still read (R60). */
  private clientEnded(): void {
    if (!this.on('client ended')) return;
    if (this.state === 'closing') this.socket.destroy();
    else this.pumpInTime(this.clock());
  }

  private stop(): void {
    if (!this.on('server stops')) return;
    if (this.state === 'closing') this.socket.destroy();
    else this.settle();
  }

  private drained(): void {
    this.output.stalled = false;
    const now = this.clock();
    this.deadlines.clientMoved(now);
    this.pumpInTime(now);
  }

  private broke(error: NodeJS.ErrnoException): void {
    if (this.state === 'closing' || this.state === 'closed') return;
    if (this.state !== 'handshake') return this.abort('connection error', error.message);
    // A health check resets the connection right behind its part of the handshake, which may then never have been read.
    if (error.code === 'ECONNRESET') return this.abort('connection error', 'reset during the TLS handshake');
    this.abort('TLS handshake failed', error.message);
  }

  private closed(): void {
    if (!this.on('socket closed')) return;
    this.kept.release();
    this.operations.abortAll();
    this.session.pages.close();
    this.framer.clear();
    this.watcher.closed(this);
  }

  private beginHandshake(): void {
    const { tls } = this.options.door().first;
    if (tls === undefined) return this.abort('TLS handshake failed', 'there is no certificate any more');
    this.on('handshake began');
    const encrypted = beginTls(this.socket, tls, () => this.within(this.secured, undefined));
    this.socket = encrypted;
    this.output.moveTo(encrypted);
    listenTo(encrypted, this);
  }

  /**
   * Inside TLS a connection starts again, as anonymous. Among several apps it may choose again, too: an attacker who alters cleartext must not choose
   * for it.
   */
  private secured(): void {
    if (!this.on('secured')) return;
    const { first, several } = this.options.door();
    if (several !== undefined) this.decide(undefined);
    this.become(anonymousSession('tls', this.client.origin.block), first.gate);
  }

  // Its turn.

  private clock(): number {
    return this.options.door().first.gate.clock();
  }

  private pumpInTime(now: number): void {
    if (this.options.scheduler.hasTime(now)) return this.pump(now);
    this.schedule();
    // What is left for a later turn is kept already: no more is read until then.
    this.count();
    this.regulate();
  }

  private schedule(): void {
    this.options.scheduler.later(this);
  }

  /** Carries on what is under way and takes up messages until the share of this turn is used up, then writes once. */
  private pump(begun: number): void {
    const { operations, framer } = this;
    work.left = WORK_PER_TURN;
    let now = begun;
    for (let left = MESSAGES_PER_TURN; ; ) {
      operations.run(work, now);
      if (left <= 0 || framer.pendingBytes === 0 || !this.mayTakeMessage() || !this.mayEmit()) break;
      // The caller has just read the clock; at first nothing has been done since.
      if (left < MESSAGES_PER_TURN || work.left < WORK_PER_TURN) now = this.clock();
      if (!this.options.scheduler.hasTime(now)) break;
      const octets = this.takeMessage(now);
      if (octets === 0) break;
      left -= Math.ceil(octets / OCTETS_PER_MESSAGE);
    }
    this.settle();
  }

  private mayTakeMessage(): boolean {
    const { operations, limits } = this;
    return (
      this.rights.takes &&
      !operations.isBarred &&
      operations.size < limits.pendingOperations &&
      operations.octets < limits.pendingBytes
    );
  }

  /** Takes up one message; returns its bytes, 0 if there is no whole one. Bytes that are not a message end the connection (RFC 4511 5.3). */
  private takeMessage(now: number): number {
    const { framer, deadlines } = this;
    let pdu: Buffer | undefined;
    try {
      const end = framer.endInChunk();
      if (end >= 0) {
        const { start } = framer;
        if (this.recalls(framer.chunk, start, end, now)) {
          framer.skip();
          deadlines.messageTaken();
          return end - start;
        }
      }
      pdu = framer.next();
      if (pdu === undefined) return 0;
      deadlines.messageTaken();
      // A message in several chunks could not be looked up where it was.
      if (end >= 0 || !this.recalls(pdu, 0, pdu.length, now)) this.handle(pdu, now);
      return pdu.length;
    } catch (error) {
      // Whatever it was meant to be: it may hold a password.
      pdu?.fill(0);
      if (!(error instanceof ProtocolError)) throw error;
      this.disconnect(ResultCode.protocolError, 'malformed message', error.message);
      return 0;
    }
  }

  /** Answers a search that was answered before; false for any other message. */
  private recalls(memory: Buffer, start: number, end: number, now: number): boolean {
    const rules = this.decided(this.options.door());
    if (rules === undefined) return false;
    const { gate, responses } = rules;
    if (gate !== this.madeBy) this.follow(gate);
    const { session } = this;
    const search = plainSearch(memory, start, end, session, gate, responses, now);
    const trace = search === undefined ? undefined : recall(search, session, gate, responses, this.output, now);
    if (trace === undefined) return false;
    this.options.events.operation(trace, this.source);
    return true;
  }

  /** The session as other rules would have it. */
  private follow(gate: World): void {
    this.lastSource = undefined;
    this.become(revalidate(this.session, this.madeBy, gate), gate);
  }

  /** The rules of the app that it is for; undefined while that is not known, or where it is no longer behind this door. */
  private decided({ first, several }: Door): Rules | undefined {
    const found = several === undefined || this.app === undefined ? undefined : several.apps.get(this.app);
    return found ?? (first.name === this.app ? first : undefined);
  }

  private decide(app: string | undefined): void {
    this.app = app;
    this.lastSource = undefined;
  }

  private handle(pdu: Buffer, now: number): void {
    const door = this.options.door();
    const rules = this.decided(door);
    if (rules !== undefined) return this.perform(pdu, undefined, rules, now);
    if (this.app === undefined) return this.handleFirst(pdu, door, now);
    // A new configuration has other apps behind this door.
    pdu.fill(0);
    this.disconnect(ResultCode.unavailable, 'app is gone', this.app);
  }

  /** Where several apps are behind the door, the first request that says for which one it is decides for the whole connection. */
  private handleFirst(pdu: Buffer, door: Door, now: number): void {
    const { first } = door;
    const received = this.read(pdu);
    const app = this.chosenBy(received, door);
    if (app !== undefined) this.decide(app);
    const rules = this.decided(door) ?? first;
    if (rules !== first) this.become(anonymousSession(this.session.channel, this.client.origin.block), rules.gate);
    this.perform(pdu, received, rules, now);
  }

  /** The name of the app that a request decides for; undefined: it says nothing of that. */
  private chosenBy(received: Received, { first, several }: Door): string | undefined {
    // A client that has bound by a name outside every app's base, as the upstream spells it, has bound by the first app's rules.
    if (several === undefined || this.session.identity.kind !== 'anonymous') return first.name;
    return 'malformed' in received ? undefined : several.choose(received.op);
  }

  /** `known`: what is in it, where it was read already. */
  private perform(pdu: Buffer, known: Received | undefined, { gate, responses }: Rules, now: number): void {
    if (gate !== this.madeBy) this.follow(gate);
    const { session } = this;
    const search = plainSearch(pdu, 0, pdu.length, session, gate, responses, now);
    const received = known ?? this.read(pdu);
    const outcome = dispatch(received, session, gate, this.operations);
    const { messageID } = received;
    if (!('running' in outcome)) {
      // Of a bind that was refused, or a change of a password, nothing stays.
      pdu.fill(0);
      return this.answer(messageID, outcome);
    }
    const { running: operation } = outcome;
    const secret = operation.isBind ? pdu : undefined;
    const recording = search === undefined ? undefined : responses.record(search);
    const octets = pdu.length + (operation.weight ?? 0);
    const refused = this.operations.add(new Running(messageID, operation, gate, octets, secret, recording));
    if (refused !== undefined) {
      secret?.fill(0);
      this.answer(messageID, turnAway(operation, session, refused));
    } else if (operation.isBind) {
      // From here until its answer a bind leaves the connection without an identity (R10).
      this.become(this.client.origin.sessionDuringBind(session.channel), gate);
      if (!this.wasBound) this.watcher.asks(this);
    }
  }

  /** A message whose envelope was good and whose content was not is answered as what it was meant to be. */
  private read(pdu: Buffer): Received {
    try {
      return decodeRequest(pdu);
    } catch (error) {
      if (!(error instanceof ProtocolError) || error.messageID === undefined || error.request === undefined)
        throw error;
      this.options.events.fault('malformed message', error.message, this.source);
      return { messageID: error.messageID, malformed: error.request };
    }
  }

  private answer(messageID: number, answered: Answered): void {
    const { response, controls, session, trace, next, ends } = answered;
    if (ends !== undefined) this.end(ends);
    if (session !== undefined) this.become(session, this.madeBy);
    if (response !== undefined) this.send(messageID, response, controls, undefined);
    if (trace !== undefined) this.options.events.operation(trace, this.source);
    if (next === 'close') this.leave();
    else if (next === 'start TLS') this.startTls();
  }

  /** Abandon, or Cancel, which answers what it ends. */
  private end({ messageID, isAnswered }: NonNullable<Answered['ends']>): void {
    const ended = this.operations.abandon(messageID);
    if (ended === undefined || !isAnswered) return;
    const trace = ended.operation.trace.end(ResultCode.canceled, 'canceled');
    this.send(messageID, canceled(ended.operation), undefined, undefined);
    this.options.events.operation(trace, this.source);
  }

  private startTls(): void {
    if (this.state !== 'open') return this.close();
    // The answer is the last thing sent in cleartext, and it must be on its way before anything else.
    this.output.flush();
    this.secure();
  }

  private become(session: Session, madeBy: World): void {
    // Paged searches end with their session (R47), unless it goes on under other rules.
    if (session.pages !== this.session.pages) this.session.pages.close();
    this.session = session;
    this.madeBy = madeBy;
    const isAnonymous = session.identity.kind === 'anonymous';
    // A smaller ceiling for anonymous clients (R54).
    this.framer.limit = isAnonymous ? this.limits.messageBytesBeforeBind : this.limits.messageBytes;
    if (isAnonymous || this.wasBound) return;
    this.wasBound = true;
    this.watcher.bound(this);
  }

  /** Returns the bytes that it takes. */
  private send(
    messageID: number,
    op: Response,
    controls: readonly Control[] | undefined,
    recording: Recording | undefined,
  ): number {
    if (this.rights.writes) return this.output.respond(messageID, op, controls, recording);
    recording?.spoil();
    return 0;
  }

  /** Writes what was collected and decides what happens next: go on later, read on, or end. */
  private settle(): void {
    const { output, operations, framer } = this;
    const wasStalled = output.stalled;
    output.flush();
    if (output.stalled && !wasStalled) this.deadlines.outputStalled();
    if (!this.rights.writes) return;
    this.deadlines.messagePending(framer.pendingBytes > 0);
    if (this.state !== 'open' && operations.size === 0 && !output.stalled) this.settled();
    this.count();
    this.regulate();
    if (!output.stalled && (operations.canGoOn || (!framer.needsMore && this.mayTakeMessage()))) this.schedule();
  }

  /** Nothing is owed to the client for what was taken up. */
  private settled(): void {
    if (this.state === 'draining') this.farewell(ResultCode.unavailable, this.parting);
    else if (this.state === 'half-closed' && this.framer.needsMore) this.close('settled');
  }

  /** Stops reading from a client that is ahead of us, whatever it sends, and goes on when we have caught up (R69). */
  private regulate(): void {
    if (!this.rights.reads) return;
    const { framer, kept } = this;
    const isAhead = framer.pendingBytes > SURPLUS && (kept.isOverdrawn || !framer.needsMore);
    if (isAhead === this.isPaused) return;
    this.isPaused = isAhead;
    if (isAhead) this.socket.pause();
    else this.socket.resume();
  }

  /** Counts what is kept for this client with its address: a stranger for whom there is no room is sent away, anybody else waits (R105). */
  private count(): void {
    const { framer, output, rights, kept } = this;
    const waiting = rights.writes && output.stalled ? output.pendingBytes : 0;
    const limit = kept.count(rights.writes ? framer.pendingBytes : 0, waiting);
    if (limit !== undefined && !this.wasBound) this.abort('too much is kept for its address', limit);
  }

  private becomeNobody(): void {
    if (this.user === undefined) return;
    this.become(anonymousSession(this.session.channel, this.client.origin.block), this.madeBy);
    for (const { messageID, operation, recording } of this.operations.endSearches()) {
      recording?.spoil();
      const { response, trace } = revoked(operation);
      this.send(messageID, response, undefined, undefined);
      this.options.events.operation(trace, this.source);
    }
    this.settle();
  }

  // Its end.

  private look(now: number): void {
    this.session.pages.expire(now);
    if (!this.kept.isOverdrawn && this.overdue(now) === undefined) return;
    this.isDue = true;
    this.schedule();
  }

  private overdue(now: number): ReturnType<Deadlines['overdue']> {
    const { state, operations, output, framer, wasBound } = this;
    const isReading = this.mayTakeMessage() && framer.needsMore;
    const standing = { state, isStalled: output.stalled, isReading, isIdle: operations.size === 0, wasBound };
    return this.deadlines.overdue(standing, now);
  }

  private endOverdue(now: number): void {
    const fault = this.overdue(now);
    switch (fault) {
      case undefined:
        // There may be room by now for what it has sent.
        this.count();
        return this.regulate();
      case 'gone':
        return void this.socket.destroy();
      case 'message too slow':
        return this.disconnect(ResultCode.timeLimitExceeded, fault, '');
      case 'idle':
      case 'no bind in time':
        return this.disconnect(ResultCode.unavailable, fault, '');
      default:
        // Who has said nothing has not failed at TLS either.
        return this.abort(this.hasSpoken ? fault : 'idle');
    }
  }

  private disconnect(code: ResultCode, fault: ConnectionFault, detail: string): void {
    this.options.events.fault(fault, detail, this.source);
    this.farewell(code, fault);
  }

  /** Notice of Disconnection (RFC 4511 4.4.1), then the end. */
  private farewell(code: ResultCode, text: string): void {
    this.send(0, disconnection(code, text), undefined, undefined);
    this.close();
  }

  /** Ends the connection behind what is written. */
  private close(event: ConnectionEvent = 'farewell'): void {
    if (this.rights.writes) this.output.flush();
    if (!this.on(event)) return;
    this.operations.abortAll();
    this.framer.clear();
    this.socket.end();
    this.socket.resume(); // what still arrives is read and discarded: unread bytes would turn the end into a reset
  }

  /**
   * The client has said goodbye. If nothing is on its way, in either direction, the socket is closed immediately: ending it first and waiting for the
   * client's end takes three more system calls. Not through TLS, whose own farewell still comes, and would be answered by a reset.
   */
  private leave(): void {
    const { output, framer, session } = this;
    output.flush();
    if (session.channel === 'tls' || output.pendingBytes > 0 || framer.pendingBytes > 0) return this.close();
    if (!this.on('farewell')) return;
    this.operations.abortAll();
    this.socket.destroy();
  }

  /** Ends the connection immediately. */
  private abort(fault: ConnectionFault, detail = ''): void {
    this.options.events.fault(fault, detail, this.source);
    if (!this.on('abort')) return;
    this.operations.abortAll();
    this.socket.destroy();
  }

  /** The one place where the state changes; true if it did. */
  private on(event: ConnectionEvent): boolean {
    const next = nextState(this.state, event);
    if (next === this.state) return false;
    this.state = next;
    this.rights = RIGHTS[next];
    this.deadlines.stateBegan();
    return true;
  }
}
