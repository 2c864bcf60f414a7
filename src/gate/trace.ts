// The trace: what each named step of an operation decided and why. Log, metrics, page and explain are renderings of it.
import type { SearchRequest } from '../ldap/message.js';
import type { CloudFinding } from './explain/cloud-reason.js';
import type { Operation } from './operation-name.js';
import type { Clock } from './ports.js';
import type { Reason } from './reason.js';

export type { Operation } from './operation-name.js';

/** The steps that an operation may pass, in the order of `gate/bind/bind.ts` and `gate/search/search.ts`. */
export type StepName =
  | 'refuseUnusable'
  | 'resolveName'
  | 'admit'
  | 'throttle'
  | 'recall'
  | 'verify'
  | 'remember'
  | 'authorize'
  | 'evaluate'
  | 'answer';

export interface Step {
  readonly name: StepName;
  readonly decision: string;
  /** Milliseconds since the operation began. */
  readonly at: number;
}

/** One step as it is kept: with an integer for its time, which V8 does not allocate, and in no list that would grow. */
class TakenStep {
  constructor(
    readonly name: StepName,
    readonly decision: string,
    /** Microseconds since the operation began. */
    readonly at: number,
    readonly before: Taken,
  ) {}
}

/** Steps that were taken, the newest at hand: cheap to keep, and made into a list where somebody wants to read them. */
type Taken = TakenStep | readonly Step[] | undefined;

/** The steps in the order in which they were taken. */
function stepsOf(taken: Taken): readonly Step[] {
  const newest: Step[] = [];
  let rest = taken;
  for (; rest instanceof TakenStep; rest = rest.before)
    newest.push({ name: rest.name, decision: rest.decision, at: rest.at / 1000 });
  return rest === undefined ? newest.reverse() : [...rest, ...newest.reverse()];
}

/**
 * Lives as long as one operation. Holds no password and no entry value; `name` is client text and is escaped where it is shown. Times
 * within it are kept in whole microseconds.
 */
export class Trace {
  /** What the client called itself or asked for: the bind name, the base, the OID. Unescaped. */
  name = '';
  /** The canonical uid or the service account that the name led to; of other operations, whose they are. */
  account = '';
  /** The reference that the client received instead of the reason, to search for; '' if none. */
  reference = '';
  code = 0;
  reason: Reason = 'ok';
  /** True if a cached password was used because the upstream was unavailable. */
  isStale = false;
  /** Entries sent, for searches. */
  entries = 0;
  /** What the credential cache answered, if it was asked. */
  recall: 'hit' | 'miss' | undefined = undefined;
  /** Of a search: what was asked. Its filter holds the client's values, so only its shape may be shown. */
  request: SearchRequest | undefined = undefined;
  /** True for a search that asks for a page (RFC 2696). */
  isPaged = false;
  /** True if the answer came from the response cache: its request is short, and in memory of its own. */
  isRetold = false;
  /** What JumpCloud's API says about a refusal: set after its end, for renderings alone; a client never sees it. */
  cloud: CloudFinding | undefined = undefined;
  private newest: Taken = undefined;
  private durationMicros = 0;
  private upstreamMicros = 0;
  private heldMicros = 0;
  /** Since when the upstream is being asked; -1: it is not. */
  private askedMicros = -1;

  constructor(
    readonly operation: Operation,
    private readonly clock: Clock,
    /** By the clock. */
    readonly startedAt = clock(),
  ) {}

  /** `now`: the clock's milliseconds, if the caller has read it already. */
  step(name: StepName, decision: string, now = this.clock()): void {
    this.newest = new TakenStep(name, decision, this.microsAt(now), this.newest);
  }

  /** Created at each call. */
  get steps(): readonly Step[] {
    return stepsOf(this.newest);
  }

  /** Milliseconds from first to last step; set by `end`. */
  get duration(): number {
    return this.durationMicros / 1000;
  }

  /** Milliseconds of them that were spent waiting for the upstream. */
  get upstream(): number {
    return this.upstreamMicros / 1000;
  }

  /** Milliseconds of them that it was held back on purpose (see ResponseTiming). */
  get held(): number {
    return this.heldMicros / 1000;
  }

  set held(milliseconds: number) {
    this.heldMicros = Math.round(milliseconds * 1000);
  }

  /** Takes over the steps of the operation whose answer is repeated: a frozen list, because nothing is added. */
  retell(steps: readonly Step[]): void {
    this.newest = steps;
    this.isRetold = true;
  }

  /** Without what was said in one step. */
  forget(name: StepName): void {
    this.newest = this.steps.filter((step) => step.name !== name);
  }

  /** The upstream is being asked from now on, until `answered` or `end`. */
  asked(now = this.clock()): void {
    this.askedMicros = this.microsAt(now);
  }

  answered(now = this.clock()): void {
    if (this.askedMicros >= 0) this.upstreamMicros += this.microsAt(now) - this.askedMicros;
    this.askedMicros = -1;
  }

  /** Milliseconds. */
  elapsed(): number {
    return this.clock() - this.startedAt;
  }

  end(code: number, reason: Reason, now = this.clock()): this {
    if (this.askedMicros >= 0) this.answered(now);
    this.code = code;
    this.reason = reason;
    this.durationMicros = this.microsAt(now);
    return this;
  }

  /** Never negative: a turn's time may have been read a moment before the operation began. */
  private microsAt(now: number): number {
    return Math.max(0, Math.round((now - this.startedAt) * 1000));
  }
}
