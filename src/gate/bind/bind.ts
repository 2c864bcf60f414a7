// The bind: from a name and a password to an identity, or to anonymous. Reads from top to bottom as the design tells it.
import type { Snapshot } from '../../directory/snapshot.js';
import { keyOfName } from '../../ldap/dn.js';
import type { Authentication, BindRequest, LDAPResult, PolicyNews } from '../../ldap/message.js';
import { ResultCode } from '../../ldap/result-code.js';
import { invalidCredentials, result, success } from '../answer.js';
import type { Ended, Operation } from '../operation.js';
import type { Lookup, Verdict, VerdictReceiver } from '../ports.js';
import type { Reason } from '../reason.js';
import { policyControl } from '../search/controls.js';
import type { Identity, Session } from '../session.js';
import { anonymousSession, withIdentity } from '../session.js';
import { Trace } from '../trace.js';
import type { World } from '../world.js';
import { currentSnapshot } from '../world.js';
import type { CredentialKey } from './credential-cache.js';
import { readCredentials } from './credentials.js';
import type { HashDone, HashOutcome } from './hash-queue.js';
import { makeReference, withReference } from './reference.js';
import type { ReadAs, Resolved } from './resolve-name.js';
import type { ServiceAccount } from './service-accounts.js';

/** Whether the account is a member: by the snapshot, or by what the upstream says about it. */
type Membership = Lookup | { readonly kind: 'member' };

type Unseen = Extract<Resolved, { kind: 'unseen' }>;

/** A step that may end with 49. */
type PacedStep = 'resolveName' | 'admit' | 'recall' | 'throttle' | 'verify';

/** What a step of a bind leads to: its end, or a wait for somebody who will call `goOn`. */
type StepOutcome = Ended | 'waiting';

/**
 * One bind. Each step decides something, notes it in the trace and calls the next one, until the bind has ended or has to wait. The
 * password's octets must stay unchanged until it has ended or was aborted; they are overwritten then.
 */
export class BindOperation implements Operation, VerdictReceiver {
  readonly isBind = true;
  wake: () => void = () => {};
  private name = '';
  private password: Buffer = NO_OCTETS;
  /** Whom the client asks to act as. */
  private actsAs: string | undefined;
  /** What is to be done when it is advanced. */
  private next: (() => StepOutcome) | undefined = () => this.begin();
  /** Ends the present wait early. */
  private stopWaiting: () => void = () => {};
  /** True while the upstream is asked for this bind: what it says is kept, also if the client does not wait for it. */
  private isSent = false;
  /** The password check that was asked for. */
  private question: { readonly uid: string; readonly key: CredentialKey; readonly isFirst: boolean } | undefined;
  private isAborted = false;
  /** True once an attempt was counted: its outcome then gives it back or not. */
  private isCounted = false;
  /** What the upstream has said of a password that it has accepted, and of one that it has refused, where that may be told. */
  private news: PolicyNews | undefined;
  private newsOfRefusal: PolicyNews | undefined;
  /** Look-ups that were counted and found nobody, of a name that may be somebody's all the same: by the member meant, if there is one. */
  private readonly countedLookUps: (string | undefined)[] = [];
  /** Set once the upstream has said that the name is nobody's mail address: when it was asked. */
  private nobodysMailAt: number | undefined;
  /** Milliseconds from the request until the bind went on from the question whose mail address the name is. */
  private mailTook = 0;
  private membership: Membership | undefined;
  /** Set while the only thing that is missing is the membership. */
  private whenMembershipIsKnown: (() => StepOutcome) | undefined;

  /** `asksPolicy`: the client has sent the password policy control. A trace that is handed in can be read while the bind is under way. */
  constructor(
    private readonly request: BindRequest,
    private readonly session: Session,
    private readonly context: World,
    private readonly asksPolicy = false,
    readonly trace = new Trace('bind', context.clock),
  ) {
    this.trace.name = request.name;
  }

  advance(): Ended | 'waiting' {
    const { next } = this;
    if (next === undefined) return 'waiting';
    this.next = undefined;
    const step = next();
    if (step !== 'waiting') wipe(this.request.authentication);
    return step;
  }

  abort(): 'over' | 'waiting' {
    this.isAborted = true;
    this.stopWaiting();
    // Whoever verifies the password has a copy of its own.
    wipe(this.request.authentication);
    return this.isSent ? 'waiting' : 'over';
  }

  private begin(): StepOutcome {
    const credentials = readCredentials(this.request, this.session, this.context);
    switch (credentials.kind) {
      case 'refused':
        return this.refuse(credentials.answer, credentials.reason, 'refuseUnusable');
      case 'anonymous':
        return this.succeed({ kind: 'anonymous' });
      case 'external':
        this.trace.name = this.trace.account = credentials.dn;
        this.trace.step('refuseUnusable', 'SASL EXTERNAL: the user that opened the socket file');
        return this.succeed({ kind: 'service', dn: credentials.dn });
      case 'password':
        this.trace.name = this.name = credentials.name;
        this.password = credentials.password;
        this.actsAs = credentials.actsAs;
        return this.resolve();
    }
  }

  private resolve(isNobodysMail = false): StepOutcome {
    const { looksUpAll, clock } = this.context;
    const current = currentSnapshot(this.context);
    if (typeof current === 'string' && !looksUpAll()) return this.noSnapshot(current);
    const snapshot = typeof current === 'string' ? undefined : current;
    const resolved = this.meant(snapshot, isNobodysMail);
    switch (resolved.kind) {
      case 'unsaid':
        return this.noSnapshot(current === 'stale-snapshot' ? current : 'no-snapshot');
      case 'invalid':
        return this.refuse(result(ResultCode.invalidDNSyntax, 'invalid DN'), 'invalid-name', 'resolveName');
      case 'service':
        return this.checkHere(resolved.account);
      case 'stranger':
        if (resolved.reason === 'not-a-user-name') return this.checkNobody(resolved.reason);
        return this.refusePaced(resolved.reason, 'resolveName');
      case 'unseen':
        this.trace.step(
          'resolveName',
          (snapshot === undefined ? 'there is no list of members yet' : 'not in the snapshot') + readAs(resolved),
        );
        return this.lookUp(resolved, snapshot);
      case 'member':
        this.trace.step('resolveName', `uid ${resolved.uid}${readAs(resolved)}`);
        return this.admit(resolved.uid, clock() - (snapshot?.takenAt ?? 0));
    }
  }

  /** Whose address it is by this snapshot comes before all that was said of it (see `NobodysMailMemory`). */
  private meant(snapshot: Snapshot | undefined, isNobodysMail: boolean): Resolved {
    const { names, nobodysMail } = this.context;
    const named = names.resolve(this.name, snapshot);
    const isAsked = named.kind === 'unseen' && named.isInDomain === true;
    if (!isAsked || !(isNobodysMail || nobodysMail.isFresh(this.name))) return named;
    return names.resolveInDomain(this.name, snapshot);
  }

  /** A member by the snapshot. If the snapshot is old, the upstream is asked too, beside the password check (R92). */
  private admit(uid: string, age: number): StepOutcome {
    const { membershipAge, nameLookup } = this.context;
    if (age <= membershipAge) {
      this.trace.step('admit', 'a member by the snapshot');
      this.membership = { kind: 'member' };
    } else {
      this.trace.step('admit', `a member by a snapshot that is ${Math.round(age / 1000)} s old: the upstream is asked`);
      nameLookup.confirm(uid, (found) => {
        this.membership = found;
        const waiting = this.whenMembershipIsKnown;
        if (waiting !== undefined) this.goOn(waiting);
      });
    }
    return this.recall(uid);
  }

  /** A name that the snapshot does not know: a new member, an account outside the group, or no account at all. */
  private lookUp({ attribute, value, isInDomain = false }: Unseen, snapshot: Snapshot | undefined): StepOutcome {
    const { rateLimiter, nameLookup, clock } = this.context;
    const { address } = this.session;
    const member = isInDomain ? this.memberInDomain(snapshot) : undefined;
    if (!rateLimiter.takeLookUp(address, member))
      return this.refusePaced('too-many-attempts', 'throttle', 'this address has asked for too many unknown names');
    this.trace.asked();
    const askedAt = clock();
    const done = (found: Lookup, isFirst: boolean) => {
      const isStranger = found.kind === 'nobody' || found.kind === 'outsider';
      if (isInDomain && found.kind === 'nobody') this.countedLookUps.push(member);
      else if (!isStranger || this.accountFound(found) !== undefined) rateLimiter.giveBackLookUp(address, member);
      this.goOn(() => this.lookedUp(found, isFirst, isInDomain ? askedAt : undefined));
    };
    nameLookup.lookUp(attribute, value, done, member !== undefined);
    return 'waiting';
  }

  /** Strangers' names from the same address are not to keep out the member whom this one means if it is nobody's mail address (R97). */
  private memberInDomain(snapshot: Snapshot | undefined): string | undefined {
    const behind = this.context.names.resolveInDomain(this.name, snapshot);
    return behind.kind === 'member' ? behind.uid : undefined;
  }

  /** `mailAskedAt`: set if the question was whose mail address a name in a domain is. */
  private lookedUp(found: Lookup, isFirst: boolean, mailAskedAt: number | undefined): StepOutcome {
    const { responseTiming, nobodysMail, maxStale } = this.context;
    this.trace.answered();
    if (isFirst && found.kind !== 'trouble') responseTiming.observed('lookUp', this.sinceMailQuestion());
    if (mailAskedAt !== undefined) {
      this.mailTook = this.trace.elapsed();
      // The snapshot may be another one by now.
      if (found.kind === 'nobody') {
        this.nobodysMailAt = mailAskedAt;
        return this.resolve(true);
      }
      if (found.kind === 'trouble' && nobodysMail.isKnown(this.name, maxStale)) {
        this.trace.step('resolveName', `${found.detail}; it was nobody's mail address before`);
        return this.resolve(true);
      }
      if (found.kind !== 'trouble' && found.kind !== 'busy') nobodysMail.forget(this.name);
    }
    const account = this.accountFound(found);
    if (account !== undefined) return this.checkHere(account);
    switch (found.kind) {
      case 'member':
        this.trace.step('admit', `a member by a look-up upstream: uid ${found.uid}`);
        this.membership = found;
        return this.recall(found.uid);
      case 'busy':
        return this.refusePaced('too-many-attempts', 'throttle', 'too many names are being looked up');
      case 'nobody':
        return this.refusePaced('unknown-name', 'admit');
      case 'outsider':
        return this.refusePaced('not-a-member', 'admit');
      case 'ambiguous':
        return this.refusePaced('ambiguous-name', 'admit');
      case 'trouble':
        return this.fail(ResultCode.unavailable, 'upstream-unreachable', 'admit', found.detail);
    }
  }

  /** Milliseconds: what came before it is part of no sample (see `ResponseTiming`). */
  private sinceMailQuestion(): number {
    return this.trace.elapsed() - this.mailTook;
  }

  /** The service account that was found, a member of the group or not: it has one password, which is checked here. */
  private accountFound(found: Lookup): ServiceAccount | undefined {
    const hasName = (found.kind === 'member' || found.kind === 'outsider') && found.uid !== undefined;
    return hasName ? this.context.names.accountOfUid(found.uid) : undefined;
  }

  /** What is remembered needs no upstream. */
  private recall(uid: string): StepOutcome {
    this.trace.account = uid;
    const { credentialCache, rateLimiter, asksForSecondFactor, versionOf } = this.context;
    const key = credentialCache.keyOf(uid, this.password, asksForSecondFactor);
    const cached = credentialCache.recall(key, versionOf);
    this.trace.recall = cached === 'refused' ? 'hit' : 'miss';
    if (cached === undefined) return this.throttle(uid, key);
    if (cached === 'refused') return this.refusePaced('wrong-password', 'recall', 'refused before');
    // Whoever has guessed too often is told nothing any more, also not by what is remembered.
    if (!rateLimiter.mayRecall(uid, this.session.address)) return this.throttle(uid, key);
    this.trace.recall = 'hit';
    this.trace.step('recall', 'accepted a short time ago');
    return this.letIn(uid);
  }

  private throttle(uid: string, key: CredentialKey): StepOutcome {
    const { rateLimiter, verifier } = this.context;
    // The very same question is being asked: its answer is ours, and nothing more reaches the upstream.
    const { address } = this.session;
    const from = key.isOneTime ? undefined : verifier.runningFrom(key.id);
    // From the same address it is no further guess.
    if (from !== undefined && (from === address || rateLimiter.mayRecall(uid, address)))
      return this.verify(uid, key, false);
    const permission = rateLimiter.take(uid, address);
    if (permission !== 'allowed')
      return this.refusePaced('too-many-attempts', 'throttle', `used up for this ${permission}`);
    this.isCounted = true;
    return this.verify(uid, key, true);
  }

  /** `isFirst`: this bind is the one that is sent; else it waits for the answer to an equal one. */
  private verify(uid: string, key: CredentialKey, isFirst: boolean): StepOutcome {
    const { verifier, upstreamUserDN } = this.context;
    this.trace.step('verify', isFirst ? 'sent upstream' : 'the same bind is under way upstream');
    this.trace.asked();
    this.isSent = isFirst;
    const id = key.isOneTime ? undefined : key.id;
    this.question = { uid, key, isFirst };
    const { asksPolicy, password, session } = this;
    const wait = verifier.verify(id, upstreamUserDN(uid), password, this, session.address, asksPolicy);
    this.stopWaiting = () => wait.leave();
    return 'waiting';
  }

  /** For the verifier: what has become of the password check. */
  told(verdict: Verdict): void {
    const { question } = this;
    if (question !== undefined) this.goOn(() => this.judge(question.uid, question.key, verdict, question.isFirst));
  }

  /** What the upstream said is kept, also if the client did not wait for it. */
  private judge(uid: string, key: CredentialKey, verdict: Verdict, isFirst: boolean): StepOutcome {
    this.trace.answered();
    this.isSent = false;
    const isWrongInOutage = this.isWrongInOutage(key, verdict);
    this.learn(uid, key, verdict, isWrongInOutage);
    if (this.isAborted) return this.finish(result(ResultCode.canceled), undefined, 'canceled');
    if (verdict.kind === 'accepted') this.news = verdict.policy;
    else if (verdict.kind === 'refused' && this.context.tellPolicy) this.newsOfRefusal = verdict.policy;
    switch (verdict.kind) {
      case 'accepted':
        this.trace.step('verify', `accepted upstream${policyText(verdict.policy)}`);
        return this.letIn(uid);
      case 'refused':
        if (isFirst) this.context.responseTiming.observed('bind', this.sinceMailQuestion());
        return this.refuseAlike('wrong-password', 'verify', `wrong-password${policyText(verdict.policy)}`);
      case 'trouble':
        if (verdict.isUnsent !== true) return this.fallBack(uid, key, verdict);
        this.trace.forget('verify');
        return this.fallBack(uid, key, { ...verdict, detail: `${verdict.detail}; nothing was sent` });
    }
  }

  /** True for a password that is compared with what is remembered for outages, and is not it: a guess as any other. */
  private isWrongInOutage(key: CredentialKey, { kind }: Verdict): boolean {
    const { credentialCache } = this.context;
    return (
      kind === 'trouble' &&
      credentialCache.hasForOutage(key.account) &&
      credentialCache.recallForOutage(key) === undefined
    );
  }

  private learn(uid: string, key: CredentialKey, verdict: Verdict, isWrongInOutage: boolean): void {
    const { kind } = verdict;
    const { rateLimiter, credentialCache, versionOf } = this.context;
    const { address } = this.session;
    if (kind !== 'trouble') credentialCache.remember(key, kind, versionOf);
    if (!this.isCounted) return;
    if (kind === 'accepted') rateLimiter.succeeded(uid, address);
    else if (kind === 'refused') rateLimiter.failed(uid, address, verdict.asked);
    else if (isWrongInOutage) rateLimiter.failed(uid, address);
    else rateLimiter.undecided(uid, address);
  }

  /** The upstream could not say. A password that it accepted not long ago may do, if the configuration says so (R94). */
  private fallBack(uid: string, key: CredentialKey, verdict: Verdict & { kind: 'trouble' }): StepOutcome {
    const { credentialCache, rateLimiter } = this.context;
    const mayRecall = this.isCounted || rateLimiter.mayRecall(uid, this.session.address);
    const age = mayRecall ? credentialCache.recallForOutage(key) : undefined;
    if (age === undefined) return this.fail(verdict.code, verdict.reason, 'verify', verdict.detail);
    this.trace.step('verify', verdict.detail);
    this.trace.step('recall', `accepted ${Math.round(age / 1000)} s ago, which counts while the upstream is away`);
    this.trace.isStale = true;
    return this.letIn(uid);
  }

  /** The password is right. The membership is known by the snapshot, or the upstream is about to answer. */
  private letIn(uid: string): StepOutcome {
    const { membership } = this;
    if (membership === undefined) {
      this.whenMembershipIsKnown = () => this.letIn(uid);
      return 'waiting';
    }
    // In an outage the snapshot is all that there is, and staleIfError says that it is enough.
    if (membership.kind === 'member' || (membership.kind === 'trouble' && this.trace.isStale)) {
      if (!this.isCounted) this.context.rateLimiter.loggedIn(uid, this.session.address);
      return this.succeed({ kind: 'user', uid, dn: this.context.localUserDN(uid) });
    }
    if (membership.kind === 'trouble')
      return this.fail(ResultCode.unavailable, 'upstream-unreachable', 'admit', membership.detail);
    if (membership.kind === 'busy')
      return this.fail(ResultCode.busy, 'busy-here', 'admit', 'too many names are being looked up');
    return this.refusePaced('not-a-member', 'admit');
  }

  private checkHere(account: ServiceAccount): StepOutcome {
    const { servicePasswords, rateLimiter } = this.context;
    const { password, session } = this;
    this.trace.step('resolveName', 'a service account');
    this.trace.account = account.dn;
    if (servicePasswords.knowsWrong(account, password)) return this.refuseAlike('wrong-password', 'recall');
    return this.countHere(
      account.dn,
      (done) => {
        const isKnown = rateLimiter.isKnownHere(account.dn, session.address);
        return servicePasswords.check(account, password, { address: session.address, isKnown }, done);
      },
      (outcome, cause) =>
        outcome === 'right'
          ? this.succeed({ kind: 'service', dn: account.dn })
          : this.refuseHere(outcome, 'wrong-password', 'verify', cause),
    );
  }

  /** A name that is no service account's takes as long as one that is (R3). */
  private checkNobody(reason: Reason): StepOutcome {
    const { servicePasswords } = this.context;
    const { name, password, session } = this;
    if (servicePasswords.knowsWrong({ name }, password)) return this.refuseAlike(reason, 'recall');
    return this.countHere(
      keyOfName(name),
      (done) => servicePasswords.checkNobody(name, password, { address: session.address, isKnown: false }, done),
      (outcome, cause) => this.refuseHere(outcome, reason, 'resolveName', cause),
    );
  }

  /** Counts a check that is made here before it begins, by account and address; only what could not be decided is given back (R113). */
  private countHere(
    account: string,
    begin: (done: HashDone) => () => void,
    then: (outcome: HashOutcome, cause: unknown) => StepOutcome,
  ): StepOutcome {
    const { rateLimiter } = this.context;
    const { address } = this.session;
    const permission = rateLimiter.takeHere(account, address);
    if (permission !== 'allowed')
      return this.refuseAlike('too-many-attempts', 'throttle', `used up for this ${permission}`);
    let isSettled = false;
    const settle = (outcome: 'right' | 'wrong' | 'undecided') => {
      if (!isSettled) rateLimiter.settledHere(account, address, outcome);
      isSettled = true;
    };
    const stop = begin((outcome, cause) => {
      settle(outcome === 'right' || outcome === 'wrong' ? outcome : 'undecided');
      this.goOn(() => then(outcome, cause));
    });
    this.stopWaiting = () => {
      stop();
      // A guess all the same: who is not answered in time might know by that, and what is hashed already is remembered.
      settle('wrong');
    };
    return 'waiting';
  }

  private refuseHere(
    outcome: HashOutcome,
    reason: Reason,
    step: 'resolveName' | 'verify',
    cause: unknown,
  ): StepOutcome {
    switch (outcome) {
      case 'busy':
        return this.fail(ResultCode.busy, 'busy-here', step, 'too many passwords wait to be hashed');
      case 'defect':
        return this.fail(ResultCode.other, 'defect', step, String(cause));
      default:
        return this.refuseAlike(reason, step);
    }
  }

  private succeed(identity: Identity): StepOutcome {
    const { actsAs, name } = this;
    // Only now: whoever does not know the password is not told whose another name is (RFC 4616 2).
    if (actsAs !== undefined && actsAs !== name) {
      const current = currentSnapshot(this.context);
      const isSame = this.context.names.isNameOf(actsAs, identity, typeof current === 'string' ? undefined : current);
      if (isSame === 'unsaid') return this.noSnapshot('no-snapshot');
      if (!isSame) return this.refuseOther(identity);
    }
    for (const member of this.countedLookUps.splice(0))
      this.context.rateLimiter.giveBackLookUp(this.session.address, member);
    if (this.nobodysMailAt !== undefined && identity.kind === 'user')
      this.context.nobodysMail.remember(name, this.nobodysMailAt);
    return this.finish(success, withIdentity(this.session, identity), 'ok');
  }

  private refuseOther({ kind }: Identity): StepOutcome {
    const reason = 'authorization-denied';
    return kind === 'service' ? this.refuseAlike(reason, 'verify') : this.refusePaced(reason, 'verify');
  }

  /** 49, after the time that the upstream takes for one (R3). */
  private refusePaced(reason: Reason, step: PacedStep, why: string = reason): StepOutcome {
    // In an outage everybody is told of it: what would be refused here must not stand out (R2).
    if (this.context.verifier.isAway()) return this.fail(ResultCode.unavailable, 'upstream-unreachable', step, why);
    return this.refuseAlike(reason, step, why);
  }

  /** The same for what is decided here, whether the upstream is there or not. */
  private refuseAlike(reason: Reason, step: PacedStep, why: string = reason): StepOutcome {
    this.trace.step(step, why);
    return this.hold(reason, this.trace.elapsed());
  }

  private hold(reason: Reason, since: number): StepOutcome {
    const { responseTiming, sleep, names } = this.context;
    const elapsed = this.trace.elapsed();
    const rest = responseTiming.rest(elapsed, names.mayBeMailInDomain(this.name));
    if (rest > 0) {
      this.stopWaiting = sleep(rest, () => this.goOn(() => this.hold(reason, since)));
      return 'waiting';
    }
    this.trace.held = elapsed - since;
    return this.finish(invalidCredentials, undefined, reason);
  }

  private noSnapshot(reason: 'no-snapshot' | 'stale-snapshot'): StepOutcome {
    return this.fail(ResultCode.unavailable, reason, 'resolveName');
  }

  private refuse(answer: LDAPResult, reason: Reason, step: 'refuseUnusable' | 'resolveName'): StepOutcome {
    this.trace.step(step, reason);
    return this.finish(answer, undefined, reason);
  }

  private fail(code: ResultCode, reason: Reason, step: PacedStep, detail: string = reason): StepOutcome {
    this.trace.step(step, detail);
    return this.finish(result(code), undefined, reason);
  }

  /** Only a success has a session with an identity; everything else leaves the connection anonymous (R9). */
  private finish(answer: LDAPResult, next: Session | undefined, reason: Reason): Ended {
    return {
      response: { kind: 'bindResponse', result: this.withReference(answer) },
      controls: this.policyControls(answer.code),
      session: next ?? anonymousSession(this.session.channel, this.session.address),
      trace: this.trace.end(answer.code, reason),
    };
  }

  /** The same for every refusal, whatever its reason (R2). */
  private withReference(answer: LDAPResult): LDAPResult {
    const { tellReference, random } = this.context;
    if (!tellReference || answer.code === ResultCode.success) return answer;
    this.trace.reference = makeReference(random);
    return withReference(answer, this.trace.reference);
  }

  /** Of a password that was right and did not let in, nothing is told: it would say that it was right. */
  private policyControls(code: number): Ended['controls'] {
    if (!this.asksPolicy) return undefined;
    return [policyControl(code === ResultCode.success ? this.news : this.newsOfRefusal)];
  }

  /** What was waited for is there: the next `advance` goes on with it. After an abort only what was sent upstream is of interest. */
  private goOn(next: () => StepOutcome): void {
    if (this.isAborted && !this.isSent) return;
    this.next = next;
    this.wake();
  }
}

const NO_OCTETS = Buffer.alloc(0);

/** For the operator, who may know. */
function policyText(news: PolicyNews | undefined): string {
  if (news === undefined) return '';
  const { secondsLeft, logInsLeft, error } = news;
  return [
    secondsLeft === undefined ? '' : `, the password expires in ${secondsLeft} s`,
    logInsLeft === undefined ? '' : `, the password has expired: ${logInsLeft} log-ins left`,
    error === undefined ? '' : `, password policy: ${POLICY_ERRORS[error] ?? error}`,
  ].join('');
}

/** draft-behera-ldap-password-policy-10, 6.2. */
const POLICY_ERRORS: readonly string[] = [
  'passwordExpired',
  'accountLocked',
  'changeAfterReset',
  'passwordModNotAllowed',
  'mustSupplyOldPassword',
  'insufficientPasswordQuality',
  'passwordTooShort',
  'passwordTooYoung',
  'passwordInHistory',
];

/** How a name was read, where that is not plain to see. */
function readAs({ as }: { readonly as?: ReadAs }): string {
  switch (as) {
    case undefined:
      return '';
    case 'mail address':
      return ', read as a mail address';
    default:
      return `, read as ${as} (local.domains)`;
  }
}

/** The password's octets were the socket's; they need not stay in memory. */
export function wipe(authentication: Authentication): void {
  if (authentication.method === 'simple') authentication.password.fill(0);
  else if (authentication.method === 'sasl') authentication.credentials?.fill(0);
}
