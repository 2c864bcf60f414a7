// How a bind ends: its answer, when it is given, and what the session is from then on.
import type { LDAPResult, PolicyNews, Response } from '../../ldap/message.js';
import { ResultCode } from '../../ldap/result-code.js';
import { invalidCredentials, result, success } from '../answer.js';
import type { Ended } from '../operation.js';
import type { Verdict, VerdictWait } from '../ports.js';
import type { Reason } from '../reason.js';
import { policyControl } from '../search/controls.js';
import type { Session } from '../session.js';
import { anonymousSession } from '../session.js';
import type { StepName, Trace } from '../trace.js';
import type { World } from '../world.js';
import type { Credentials } from './credentials.js';
import { makeReference, withReference } from './reference.js';
import { withRefusalText } from './refusal-text.js';

/** A step that may end with 49. */
type PacedStep = 'resolveName' | 'admit' | 'recall' | 'throttle' | 'verify';

/** What a step of a bind leads to: its end, or a wait for somebody who will call `goOn`. */
export type StepOutcome = Ended | 'waiting';

const NOTHING_READ: Credentials & { kind: 'password' } = { kind: 'password', name: '', password: Buffer.alloc(0) };

/** The response to every successful bind, except for its message ID, if nothing is added to it. */
const SUCCESS: Response = { kind: 'bindResponse', result: success };
const REFUSAL: Response = { kind: 'bindResponse', result: invalidCredentials };

/** Of one bind: what its end needs to know, and its ends. `BindOperation` is the way there. */
export abstract class BindEnding {
  /** When it was advanced: the steps between two waits are taken at one moment. */
  protected now = 0;
  /** What the present wait is for. */
  protected wait: VerdictWait | undefined = undefined;
  protected credentials = NOTHING_READ;
  protected verdict: Verdict | undefined = undefined;

  constructor(
    protected readonly session: Session,
    protected readonly context: World,
    protected readonly asksPolicy: boolean,
    readonly trace: Trace,
  ) {}

  /** What was waited for is there: the next `advance` goes on with it. */
  protected abstract goOn(next: () => StepOutcome): void;

  protected note(step: StepName, decision: string): void {
    this.trace.step(step, decision, this.now);
  }

  /** 49, after the time that the upstream takes for one (R3). */
  protected refusePaced(reason: Reason, step: PacedStep, why: string = reason): StepOutcome {
    // In an outage everybody gets this answer: a bind that would be refused here must not stand out (R2).
    if (this.context.verifier.isAway()) return this.fail(ResultCode.unavailable, 'upstream-unreachable', step, why);
    return this.refuseAlike(reason, step, why);
  }

  /** The same for what is decided here, whether the upstream is there or not. */
  protected refuseAlike(reason: Reason, step: PacedStep, why: string = reason): StepOutcome {
    this.note(step, why);
    return this.hold(reason, this.trace.elapsed());
  }

  private hold(reason: Reason, since: number): StepOutcome {
    const { responseTiming, sleep, names } = this.context;
    const elapsed = this.trace.elapsed();
    const rest = responseTiming.rest(elapsed, names.mayBeMailInDomain(this.credentials.name));
    if (rest > 0) {
      this.wait = { leave: sleep(rest, () => this.goOn(() => this.hold(reason, since))) };
      return 'waiting';
    }
    this.trace.held = elapsed - since;
    return this.finish(invalidCredentials, undefined, reason);
  }

  protected noSnapshot(reason: 'no-snapshot' | 'stale-snapshot'): StepOutcome {
    return this.fail(ResultCode.unavailable, reason, 'resolveName');
  }

  protected refuse(answer: LDAPResult, reason: Reason, step: 'refuseUnusable' | 'resolveName'): StepOutcome {
    this.note(step, reason);
    return this.finish(answer, undefined, reason);
  }

  protected fail(code: ResultCode, reason: Reason, step: PacedStep, detail: string = reason): StepOutcome {
    this.note(step, detail);
    return this.finish(result(code), undefined, reason);
  }

  /** Only a success has a session with an identity; everything else leaves the connection anonymous (R9). */
  protected finish(answer: LDAPResult, next: Session | undefined, reason: Reason): Ended {
    return {
      response: this.responseOf(answer, reason),
      controls: this.policyControls(answer.code),
      session: next ?? anonymousSession(this.session.channel, this.session.address),
      trace: this.trace.end(answer.code, reason),
    };
  }

  private responseOf(answer: LDAPResult, reason: Reason): Response {
    if (answer === success) return SUCCESS;
    const told = this.withReference(this.withReason(answer, reason));
    return told === invalidCredentials ? REFUSAL : { kind: 'bindResponse', result: told };
  }

  private withReason(answer: LDAPResult, reason: Reason): LDAPResult {
    if (!this.context.tellReasons || answer !== invalidCredentials) return answer;
    return withRefusalText(answer, reason, this.verdict?.kind === 'refused' ? this.verdict.policy : undefined);
  }

  /** The same for every refusal, whatever its reason (R2). */
  private withReference(answer: LDAPResult): LDAPResult {
    const { tellReference, random } = this.context;
    if (!tellReference || answer.code === ResultCode.success) return answer;
    this.trace.reference = makeReference(random);
    return withReference(answer, this.trace.reference);
  }

  private policyControls(code: number): Ended['controls'] {
    return this.asksPolicy ? [policyControl(this.newsFor(code))] : undefined;
  }

  /** A refused client does not get the policy news of a right password: it would reveal that the password was right. */
  private newsFor(code: number): PolicyNews | undefined {
    const { verdict } = this;
    if (code === ResultCode.success) return verdict?.kind === 'accepted' ? verdict.policy : undefined;
    return verdict?.kind === 'refused' && this.context.tellPolicy ? verdict.policy : undefined;
  }
}
