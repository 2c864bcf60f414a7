// One bind on its way to the upstream and back: the same object waits in the queue, is sent, and receives the result.
import type { Verdict } from '../gate/ports.js';
import { Queued } from '../runtime/linked-queue.js';
import type { BindAnswer } from './bind-answer.js';
import type { BindConnection, BindQuestion } from './bind-connection.js';

/** The sender of binds: the pool. */
export interface BindSender {
  /** Ends with `finish`, once, in bounded time, and never before this has returned. */
  verify(job: BindJob): void;
  /** Nobody waits for it any more: what was not sent yet is taken back and finished, what was sent runs to its end. */
  withdraw(job: BindJob): void;
  /** True while no address of the upstream is known to answer. */
  isAway(): boolean;
}

/** Receives what a connection reports about a bind. */
export interface AnswerReceiver {
  answered(job: BindJob, connection: BindConnection, answer: BindAnswer): void;
}

/** One bind in the queue and upstream. Subclasses receive the verdict exactly once. */
export abstract class BindJob extends Queued implements BindQuestion {
  /** When its time is over, by the process's clock; and when it has waited for long enough: then, or sooner. */
  deadline = 0;
  patience: number | undefined;
  /** True once it was sent and lost: it may be sent once more, and not again. */
  wasLost = false;
  /** How often the upstream may have counted it. */
  asked = 1;
  /** Part of it may have been sent. */
  wasSent = false;
  /** The connection that it was sent on last had not been used for a while: it may have been dead. */
  wasUnused = false;
  /** Writes under way that read the request. */
  writes = 0;
  private isDone = false;
  receiver: AnswerReceiver | undefined;

  /** `request`: what `encodeBindRequest` made, with the password in it; wiped here. */
  constructor(readonly request: Buffer) {
    super();
  }

  /** Receives the verdict, once. */
  protected abstract deliver(verdict: Verdict): void;

  answered(connection: BindConnection, answer: BindAnswer): void {
    this.receiver?.answered(this, connection, answer);
  }

  wasWritten(): void {
    this.writes--;
    if (this.isDone) this.wipe();
  }

  finish(verdict: Verdict): void {
    if (this.isDone) return;
    this.isDone = true;
    this.wipe();
    this.deliver(verdict.kind === 'trouble' && !this.wasSent ? { ...verdict, isUnsent: true } : verdict);
  }

  /** Not under a write, which the answer may overtake. */
  private wipe(): void {
    if (this.writes === 0) this.request.fill(0);
  }
}
