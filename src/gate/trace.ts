// The trace: what each named step of an operation decided and why. Log, metrics, page and explain are renderings of it.
import type { SearchRequest } from '../ldap/message.js';
import type { Clock } from './ports.js';
import type { Reason } from './reason.js';

export type Operation = 'bind' | 'search' | 'compare' | 'extended' | 'write' | 'abandon';

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

/** Lives as long as one operation. Holds no password and no entry value; `name` is client text and is escaped where it is shown. */
export class Trace {
  readonly startedAt: number;
  /** What the client called itself or asked for: the bind name, the base, the OID. Unescaped. */
  name = '';
  /** The canonical uid or the service account that the name led to; of other operations, whose they are. */
  account = '';
  /** What the client was told instead of the reason, to be searched for; '' if nothing. */
  reference = '';
  code = 0;
  reason: Reason = 'ok';
  /** True if a remembered password stood in for an upstream that is away. */
  isStale = false;
  /** Entries sent, for searches. */
  entries = 0;
  /** Milliseconds from first to last step; set by `end`. */
  duration = 0;
  /** Milliseconds of them that were spent waiting for the upstream, and on purpose (see ResponseTiming). */
  upstream = 0;
  held = 0;
  /** What the memory of earlier binds had to say, if it was asked. */
  recall: 'hit' | 'miss' | undefined;
  /** Of a search: what was asked. Its filter holds the client's values, so only its shape may be shown. */
  request: SearchRequest | undefined;
  /** True for a search that asks for a page (RFC 2696). */
  isPaged = false;
  private taken: Step[] = [];
  private upstreamSince: number | undefined;

  constructor(
    readonly operation: Operation,
    private readonly clock: Clock,
  ) {
    this.startedAt = clock();
  }

  step(name: StepName, decision: string): void {
    this.taken.push({ name, decision, at: this.clock() - this.startedAt });
  }

  get steps(): readonly Step[] {
    return this.taken;
  }

  /** Takes the steps of an operation that is told again for its own: a frozen list, for nothing is added to them. */
  retell(steps: Step[]): void {
    this.taken = steps;
  }

  /** Without what was said in one step. */
  forget(name: StepName): void {
    this.taken = this.taken.filter((step) => step.name !== name);
  }

  /** The upstream is being asked from now on, until `answered` or `end`. */
  asked(): void {
    this.upstreamSince = this.clock();
  }

  answered(): void {
    if (this.upstreamSince !== undefined) this.upstream += this.clock() - this.upstreamSince;
    this.upstreamSince = undefined;
  }

  elapsed(): number {
    return this.clock() - this.startedAt;
  }

  end(code: number, reason: Reason): this {
    this.answered();
    this.code = code;
    this.reason = reason;
    this.duration = this.elapsed();
    return this;
  }
}
