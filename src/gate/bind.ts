// The bind: from a name and a password to an identity, or to anonymous. Reads from top to bottom as the design tells it.
import type { BindRequest, BindResponse, Control, LDAPResult } from '../ldap/message.js';
import { ResultCode } from '../ldap/result-code.js';
import { invalidCredentials, result, success } from './answer.js';
import type { GateContext } from './context.js';
import { currentSnapshot } from './context.js';
import { readCredentials } from './credentials.js';
import type { Verdict } from './ports.js';
import type { Reason } from './reason.js';
import { resolveName } from './resolve-name.js';
import type { ServiceAccount } from './service-accounts.js';
import { sameOctets } from './service-accounts.js';
import type { Identity, Session } from './session.js';
import { anonymousSession, withIdentity } from './session.js';
import { Trace } from './trace.js';

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
 * Returns how to give it up when the client has left; `done` is then not called any more.
 */
export function bind(
  request: BindRequest,
  session: Session,
  context: GateContext,
  done: (outcome: BindOutcome) => void,
): () => void {
  const run = new BindRun(request, session, context, done);
  run.begin();
  return () => run.abandon();
}

class BindRun {
  private readonly trace: Trace;
  private name = '';
  private password: Buffer = Buffer.alloc(0);
  private giveUp: () => void = () => {};
  private over = false;
  /** True once an attempt was counted: its outcome then gives it back or not. */
  private isCounted = false;

  constructor(
    private readonly request: BindRequest,
    private readonly session: Session,
    private readonly context: GateContext,
    private readonly done: (outcome: BindOutcome) => void,
  ) {
    this.trace = new Trace('bind', context.clock);
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
    const snapshot = currentSnapshot(this.context);
    if (typeof snapshot === 'string') return this.trouble(ResultCode.unavailable, snapshot, 'resolveName');
    const resolved = resolveName(this.name, snapshot, this.context.accounts, this.context.usersKey, this.context.names);
    switch (resolved.kind) {
      case 'invalid':
        return this.refuse(result(ResultCode.invalidDNSyntax, 'invalid DN'), 'invalid-name', 'resolveName');
      case 'service':
        this.trace.step('resolveName', 'a service account');
        return this.checkService(resolved.account);
      case 'stranger':
        return this.refusePaced(resolved.reason, 'resolveName');
      case 'unseen':
        this.trace.step('resolveName', 'not in the snapshot');
        return this.lookUp(resolved.attribute, resolved.value);
      case 'member':
        this.trace.step('resolveName', `uid ${resolved.uid}`);
        this.trace.step('admit', 'a member by the snapshot');
        return this.recall(resolved.uid);
    }
  }

  /** A name that the snapshot does not know: a member added since, somebody outside the group, or nobody. */
  private lookUp(attribute: 'uid' | 'mail', value: string): void {
    this.context.newcomers.lookUp(attribute, value, (found) => {
      if (this.over) return;
      switch (found.kind) {
        case 'member':
          this.trace.step('admit', `a member by a look-up upstream: uid ${found.uid}`);
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
    const remembered = this.context.verdicts.recall(uid, this.password);
    if (remembered === undefined) return this.throttle(uid);
    this.trace.step('recall', `${remembered} a short time ago`);
    if (remembered === 'refused') return this.refusePaced('wrong-password', 'recall');
    this.succeed(this.user(uid));
  }

  private throttle(uid: string): void {
    const { attempts, verifier, upstreamUserDN } = this.context;
    // The very same question is being asked: its answer is ours, and nothing more reaches the upstream.
    if (verifier.isRunning(upstreamUserDN(uid), this.password)) return this.verify(uid);
    attempts.take(uid, this.session.address).then(
      (permission) => {
        if (permission === 'allowed') {
          this.isCounted = true;
          if (this.over) void attempts.undecided(uid, this.session.address);
          else this.verify(uid);
        } else if (!this.over) this.refusePaced('too-many-attempts', 'throttle', `used up for this ${permission}`);
      },
      (error: unknown) => this.trouble(ResultCode.other, 'upstream-error', 'throttle', String(error)),
    );
  }

  private verify(uid: string): void {
    this.trace.step('verify', this.isCounted ? 'sent upstream' : 'the same is being asked upstream');
    const { verifier } = this.context;
    this.giveUp = verifier.verify(this.context.upstreamUserDN(uid), this.password, (verdict) =>
      this.judge(uid, verdict),
    );
  }

  private judge(uid: string, verdict: Verdict): void {
    const { attempts, verdicts, pace } = this.context;
    const { address } = this.session;
    switch (verdict.kind) {
      case 'accepted':
        this.trace.step('verify', 'accepted upstream');
        verdicts.remember(uid, this.password, 'accepted');
        if (this.isCounted) void attempts.succeeded(uid, address);
        return this.succeed(this.user(uid));
      case 'refused':
        verdicts.remember(uid, this.password, 'refused');
        pace.observed(this.trace.elapsed());
        return this.refuse(invalidCredentials, 'wrong-password', 'verify');
      case 'trouble':
        if (this.isCounted) void attempts.undecided(uid, address);
        return this.trouble(verdict.code, verdict.reason, 'verify', verdict.detail);
    }
  }

  private checkService(account: ServiceAccount): void {
    this.trace.account = account.dn;
    const identity: Identity = { kind: 'service', dn: account.dn };
    const { check } = account;
    const decide = (isRight: boolean) => {
      if (isRight) this.succeed(identity);
      else this.refusePaced('wrong-password', 'verify');
    };
    if (check.kind === 'octets') return decide(sameOctets(check.password, this.password));
    // Slow hashes are remembered like verdicts, for an application binds its service account at each login.
    const { verdicts } = this.context;
    const remembered = verdicts.recall(account.dn, this.password);
    if (remembered !== undefined) return decide(remembered === 'accepted');
    check.verify(this.password).then(
      (isRight) => {
        if (this.over) return;
        verdicts.remember(account.dn, this.password, isRight ? 'accepted' : 'refused');
        decide(isRight);
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
    this.giveUp = this.context.pace.hold(this.trace.startedAt, () => {
      if (!this.over) this.finish(invalidCredentials, undefined, reason);
    });
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
