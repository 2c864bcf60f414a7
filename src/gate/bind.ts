// The bind: from a name and a password to an identity, or to anonymous. Reads from top to bottom as the design tells it.
import type { BindRequest, BindResponse, Control, LDAPResult } from '../ldap/message.js';
import { ResultCode } from '../ldap/result-code.js';
import { invalidCredentials, result, success } from './answer.js';
import type { GateContext } from './context.js';
import { currentSnapshot } from './context.js';
import { readCredentials } from './credentials.js';
import { Membership } from './membership.js';
import type { Verdict } from './ports.js';
import type { Reason } from './reason.js';
import type { ServiceAccount } from './service-accounts.js';
import { checkService } from './service-accounts.js';
import type { Identity, Session } from './session.js';
import { anonymousSession, withIdentity } from './session.js';
import { Trace } from './trace.js';
import type { VerdictKey } from './verdicts.js';

export interface BindOutcome {
  readonly response: BindResponse;
  /** Anonymous unless the bind plainly succeeded. */
  readonly session: Session;
  readonly trace: Trace;
  /** To be sent with the response. */
  readonly controls?: readonly Control[];
}

/**
 * Runs one bind and calls `done` exactly once, at once or later, in bounded time. The password's octets must stay unchanged until then.
 * Returns how to give it up when the client has left; `done` is then not called any more. A trace that is handed in can be read
 * while the bind is under way.
 */
export function bind(
  request: BindRequest,
  session: Session,
  context: GateContext,
  done: (outcome: BindOutcome) => void,
  trace = new Trace('bind', context.clock),
): () => void {
  const run = new BindRun(request, session, context, done, trace);
  run.begin();
  return () => run.abandon();
}

class BindRun {
  private name = '';
  private password: Buffer = Buffer.alloc(0);
  private giveUp: () => void = () => {};
  private over = false;
  /** True once an attempt was counted: its outcome then gives it back or not. */
  private isCounted = false;
  private readonly membership = new Membership();

  constructor(
    private readonly request: BindRequest,
    private readonly session: Session,
    private readonly context: GateContext,
    private readonly done: (outcome: BindOutcome) => void,
    private readonly trace: Trace,
  ) {
    this.trace.name = request.name;
  }

  begin(): void {
    const credentials = readCredentials(this.request, this.session, this.context);
    switch (credentials.kind) {
      case 'refused':
        return this.refuse(credentials.answer, credentials.reason, 'refuseUnusable');
      case 'anonymous':
        return this.succeed({ kind: 'anonymous' });
      case 'external':
        this.trace.name = this.trace.account = credentials.dn;
        this.trace.step('refuseUnusable', 'SASL EXTERNAL: whoever may open the socket file');
        return this.succeed({ kind: 'service', dn: credentials.dn });
      case 'password':
        this.trace.name = this.name = credentials.name;
        this.password = credentials.password;
        return this.resolve();
    }
  }

  abandon(): void {
    this.over = true;
    this.giveUp();
  }

  private resolve(): void {
    const { names, isFirstRead, clock } = this.context;
    const current = currentSnapshot(this.context);
    const isTooEarly = current === 'no-snapshot' && isFirstRead();
    if (typeof current === 'string' && !isTooEarly) return this.outOfSight(current);
    const snapshot = typeof current === 'string' ? undefined : current;
    const resolved = names.resolve(this.name, snapshot);
    switch (resolved.kind) {
      case 'unsaid':
        return this.outOfSight('no-snapshot');
      case 'invalid':
        return this.refuse(result(ResultCode.invalidDNSyntax, 'invalid DN'), 'invalid-name', 'resolveName');
      case 'service':
        this.trace.step('resolveName', 'a service account');
        return this.serve(resolved.account);
      case 'stranger':
        return this.refusePaced(resolved.reason, 'resolveName');
      case 'unseen':
        this.trace.step('resolveName', snapshot === undefined ? 'the first read is under way' : 'not in the snapshot');
        return this.lookUp(resolved.attribute, resolved.value);
      case 'member':
        this.trace.step('resolveName', `uid ${resolved.uid}`);
        return this.admit(resolved.uid, clock() - (snapshot?.takenAt ?? 0));
    }
  }

  /** A member by the snapshot. If that is not fresh any more, the upstream is asked beside the bind (R92). */
  private admit(uid: string, age: number): void {
    const { membershipAge, newcomers } = this.context;
    if (age <= membershipAge) {
      this.trace.step('admit', 'a member by the snapshot');
      this.membership.settle({ kind: 'member' });
    } else {
      this.trace.step('admit', `a member by a snapshot that is ${Math.round(age / 1000)} s old: the upstream is asked`);
      this.membership.ask(newcomers, uid);
    }
    this.recall(uid);
  }

  /** A name that the snapshot does not know: a member added since, somebody outside the group, or nobody. */
  private lookUp(attribute: 'uid' | 'mail', value: string): void {
    const { attempts, newcomers } = this.context;
    const { address } = this.session;
    if (!attempts.mayLookUp(address)) {
      return this.refusePaced('too-many-attempts', 'throttle', 'this address has asked for too many unknown names');
    }
    this.trace.asked();
    newcomers.lookUp(attribute, value, (found) => {
      if (this.over) return;
      this.trace.answered();
      if (found.kind === 'nobody' || found.kind === 'outsider') attempts.foundNobody(address);
      switch (found.kind) {
        case 'member':
          this.trace.step('admit', `a member by a look-up upstream: uid ${found.uid}`);
          this.membership.settle(found);
          return this.recall(found.uid);
        case 'nobody':
          return this.refusePaced('unknown-name', 'admit');
        case 'outsider':
          return this.refusePaced('not-a-member', 'admit');
        case 'ambiguous':
          return this.refusePaced('ambiguous-name', 'admit');
        case 'trouble':
          return this.trouble(ResultCode.unavailable, 'upstream-unreachable', 'admit', found.detail);
      }
    });
  }

  /** Before the throttle: a remembered verdict needs no upstream, and somebody else's guesses must not shut a user out. */
  private recall(uid: string): void {
    this.trace.account = uid;
    const { verdicts, asksForSecondFactor } = this.context;
    const key = verdicts.keyOf(uid, this.password, asksForSecondFactor);
    const remembered = verdicts.recall(key);
    this.trace.recall = remembered === undefined ? 'miss' : 'hit';
    if (remembered === undefined) return this.throttle(uid, key);
    this.trace.step('recall', `${remembered} a short time ago`);
    if (remembered === 'refused') return this.refusePaced('wrong-password', 'recall');
    this.letIn(uid);
  }

  private throttle(uid: string, key: VerdictKey): void {
    const { attempts, verifier } = this.context;
    // The very same question is being asked: its answer is ours, and nothing more reaches the upstream.
    if (verifier.isRunning(key.id)) return this.verify(uid, key);
    const permission = attempts.take(uid, this.session.address);
    if (permission !== 'allowed')
      return this.refusePaced('too-many-attempts', 'throttle', `used up for this ${permission}`);
    this.isCounted = true;
    this.verify(uid, key);
  }

  private verify(uid: string, key: VerdictKey): void {
    const { verifier, upstreamUserDN } = this.context;
    const isShared = verifier.isRunning(key.id);
    this.trace.step('verify', isShared ? 'the same is being asked upstream' : 'sent upstream');
    this.trace.asked();
    this.giveUp = verifier.verify(key.id, upstreamUserDN(uid), this.password, (verdict) => {
      this.trace.answered();
      this.learn(uid, key, verdict);
      if (!this.over) this.judge(uid, key, verdict);
    });
  }

  /** What the upstream said is kept, also if the client did not wait for it. */
  private learn(uid: string, key: VerdictKey, { kind }: Verdict): void {
    const { attempts, verdicts } = this.context;
    if (kind !== 'trouble') verdicts.remember(key, kind);
    if (!this.isCounted) return;
    if (kind === 'accepted') attempts.succeeded(uid);
    else if (kind === 'trouble') attempts.undecided(uid);
    else attempts.failed(this.session.address);
  }

  private judge(uid: string, key: VerdictKey, verdict: Verdict): void {
    switch (verdict.kind) {
      case 'accepted':
        this.trace.step('verify', 'accepted upstream');
        return this.letIn(uid);
      case 'refused':
        this.context.pace.observed(this.trace.elapsed());
        return this.refuse(invalidCredentials, 'wrong-password', 'verify');
      case 'trouble': {
        const age = this.context.verdicts.recallForOutage(key);
        if (age === undefined) return this.trouble(verdict.code, verdict.reason, 'verify', verdict.detail);
        this.trace.step('verify', verdict.detail);
        this.trace.step('recall', `accepted ${Math.round(age / 1000)} s ago, which counts while the upstream is away`);
        this.trace.isStale = true;
        return this.letIn(uid);
      }
    }
  }

  /** The password is right. Whether it is a member's is known by the snapshot, or about to be. */
  private letIn(uid: string): void {
    this.membership.whenKnown((found) => {
      if (this.over) return;
      // In an outage the snapshot is all that there is, and staleIfError says that it is enough.
      if (found.kind === 'member' || (found.kind === 'trouble' && this.trace.isStale)) this.succeed(this.user(uid));
      else if (found.kind === 'trouble')
        this.trouble(ResultCode.unavailable, 'upstream-unreachable', 'admit', found.detail);
      else this.refusePaced('not-a-member', 'admit');
    });
  }

  private serve(account: ServiceAccount): void {
    this.trace.account = account.dn;
    const identity: Identity = { kind: 'service', dn: account.dn };
    checkService(account, this.password, this.context.verdicts).then(
      (isRight) => {
        if (this.over) return;
        if (isRight) this.succeed(identity);
        else this.refusePaced('wrong-password', 'verify');
      },
      (error: unknown) => this.trouble(ResultCode.other, 'upstream-error', 'verify', String(error)),
    );
  }

  private user(uid: string): Identity {
    return { kind: 'user', uid, dn: this.context.localUserDN(uid) };
  }

  private succeed(identity: Identity): void {
    this.finish(success, withIdentity(this.session, identity), 'ok');
  }

  /** 49 in the time that the upstream takes for one. */
  private refusePaced(
    reason: Reason,
    step: 'resolveName' | 'admit' | 'recall' | 'throttle' | 'verify',
    why: string = reason,
  ): void {
    this.trace.step(step, why);
    const before = this.trace.elapsed();
    this.giveUp = this.context.pace.hold(this.trace.startedAt, () => {
      this.trace.held = this.trace.elapsed() - before;
      if (!this.over) this.finish(invalidCredentials, undefined, reason);
    });
  }

  private outOfSight(reason: 'no-snapshot' | 'stale-snapshot'): void {
    this.trouble(ResultCode.unavailable, reason, 'resolveName');
  }

  private refuse(answer: LDAPResult, reason: Reason, step: 'refuseUnusable' | 'resolveName' | 'verify'): void {
    this.trace.step(step, reason);
    this.finish(answer, undefined, reason);
  }

  private trouble(
    code: ResultCode,
    reason: Reason,
    step: 'resolveName' | 'admit' | 'throttle' | 'verify',
    detail: string = reason,
  ): void {
    if (this.over) return;
    this.trace.step(step, detail);
    this.finish(result(code), undefined, reason);
  }

  private finish(answer: LDAPResult, next: Session | undefined, reason: Reason): void {
    this.over = true;
    this.done({
      response: { kind: 'bindResponse', result: answer },
      session: next ?? anonymousSession(this.session.channel, this.session.address),
      trace: this.trace.end(answer.code, reason),
    });
  }
}
