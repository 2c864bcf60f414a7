// The protocol of operations: the immediate outcome of a request, and how a longer operation continues.
import type { RankBudget, Work } from '../directory/work.js';
import type { Control, Response, SearchResultEntry } from '../ldap/message.js';
import type { Session } from './session.js';
import type { Trace } from './trace.js';

/** The end of an operation: its final response and the session from then on. */
export interface Ended {
  /** Undefined for a request that has no response (abandon, unbind). */
  readonly response: Response | undefined;
  /** To be sent with the response; undefined rather than an empty list. */
  readonly controls?: readonly Control[] | undefined;
  /** The session from now on; undefined: it stays as it is. */
  readonly session?: Session | undefined;
  /** For log, metrics and page; undefined for a request that leaves no trace. It has ended. */
  readonly trace?: Trace | undefined;
}

/** The immediate outcome of a request. */
export interface Answered extends Ended {
  /** What the connection does once the response is sent. */
  readonly next: 'go on' | 'close' | 'start TLS';
  /** An operation of the same connection that this request ends: without a word (Abandon), or answered with 118 (Cancel). */
  readonly ends?: { readonly messageID: number; readonly isAnswered: boolean };
}

export type Outcome = Answered | { readonly running: Operation };

/**
 * What an operation has to say when it is advanced: an entry to be sent, that its share of work is used up, that it waits for somebody
 * (and will call `wake`), or its end.
 */
export type Progress = SearchResultEntry | 'again' | 'waiting' | Ended;

/**
 * An operation under way. It does nothing on its own: its owner calls `advance`, from one place and under one `try`. What it waits
 * for (an upstream, a timer) only leaves an answer with it and wakes it.
 */
export interface Operation {
  /** A bind is a barrier: it begins when nothing else is under way, and nothing begins before it has ended (RFC 4511 4.2.1). */
  readonly isBind: boolean;
  readonly trace: Trace;
  /** What it holds beyond its request, in bytes of a request (see SearchRequest); undefined: nothing. */
  readonly weight?: number;
  /** Set by the owner whenever it says that it waits: asks for another `advance`. It is never called during `advance`. */
  wake: () => void;
  /**
   * Goes on until there is something to say: without anything new, that it waits. Not to be called after its end. `now` in milliseconds by
   * the world's clock.
   */
  advance(work: Work, now: number): Progress;
  /**
   * Nobody waits for the answer any more. 'over': there is nothing left to do. 'waiting': it still has something to learn (what became of
   * a password that was sent upstream), wakes its owner once more, and must be advanced then; its final response is not sent.
   */
  abort(): 'over' | 'waiting';
}

/** What else is under way on the same connection, and what it may still use. */
export interface Outstanding {
  readonly size: number;
  /** True for the message ID of an operation that can still be abandoned. */
  has(messageID: number): boolean;
  /** Entries that searches of this connection may hold, to sort them or to tell which they have seen. */
  readonly ranked: RankBudget;
}
