// How it is with JumpCloud's API: whether it answers, since when it does not, and how calls have ended.
import { CloudError, type CloudFault, type CloudHealth, type CloudTrouble } from '../ports.js';
import type { CallBudget } from './budget.js';

/** What was not asked says nothing of the API. */
export class NotAsked extends CloudError {}

/** Milliseconds for which an answer shows that the API works as a whole, though calls of some kind are refused. The reader is asked about each hour. */
const FRESH = 70 * 60_000;
/** Kinds of calls that were refused. */
const MOST_KINDS = 64;

interface Begun {
  readonly fault: CloudFault;
  readonly message: string;
  /** By the clock. */
  readonly at: number;
}

/** Whether the API answers, since when it does not, and how calls ended. */
export class ApiHealth implements CloudHealth {
  lastFault: CloudFault | undefined;
  lastError: string | undefined;
  readonly calls = new Map<'ok' | CloudFault, number>();
  private lastGood: number | undefined;
  /** Concerns all calls. */
  private down: Begun | undefined;
  /** 403: calls of one kind, by their names. */
  private readonly kinds = new Map<string, Begun>();

  /** By the clock: until then nothing is asked, for the credentials were refused. */
  stoppedUntil = 0;

  /** `clock`: milliseconds that never go back. */
  constructor(
    private readonly clock: () => number,
    private readonly budget: Pick<CallBudget, 'lastHour'>,
  ) {}

  get isStopped(): boolean {
    return this.clock() < this.stoppedUntil;
  }

  get lastHour(): number {
    return this.budget.lastHour;
  }

  /** A call of this name has ended, with an answer that could be read. `oddity`: what is wrong in one record of it. */
  answered(name: string, oddity?: CloudError): void {
    this.count(oddity?.fault ?? 'ok');
    this.lastFault = oddity?.fault;
    this.lastError = oddity?.message;
    this.down = undefined;
    this.lastGood = this.clock();
    this.kinds.delete(name);
  }

  failed(name: string, error: CloudError): void {
    const { fault, message, status } = error;
    this.count(fault);
    if (error instanceof NotAsked || fault === 'stopped') return;
    this.lastFault = fault;
    this.lastError = message;
    // What the plan lacks and what is not there is an answer.
    if (fault === 'no-plan' || status === 404) return;
    const begun = { fault, message };
    if (status === 403) this.kinds.set(name, { ...begun, at: this.kinds.get(name)?.at ?? this.clock() });
    else this.down = { ...begun, at: this.down?.at ?? this.clock() };
    const oldest = this.kinds.keys().next().value;
    if (this.kinds.size > MOST_KINDS && oldest !== undefined) this.kinds.delete(oldest);
  }

  get isUp(): boolean | undefined {
    if (this.down !== undefined) return false;
    if (this.lastGood !== undefined && this.clock() - this.lastGood <= FRESH) return true;
    return this.kinds.size > 0 ? false : undefined;
  }

  get trouble(): CloudTrouble | undefined {
    const [refused] = this.kinds.values();
    const begun = this.down ?? (this.isUp === false ? refused : undefined);
    return begun && this.troubleOf(begun);
  }

  /** Calls of some kinds are refused while others are not. */
  get refusals(): readonly CloudTrouble[] {
    return this.isUp === true ? [...this.kinds.values()].map((begun) => this.troubleOf(begun)) : [];
  }

  private troubleOf({ fault, message, at }: Begun): CloudTrouble {
    return { fault, message, lasts: this.clock() - at };
  }

  private count(outcome: 'ok' | CloudFault): void {
    this.calls.set(outcome, (this.calls.get(outcome) ?? 0) + 1);
  }
}
