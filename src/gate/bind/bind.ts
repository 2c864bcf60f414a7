// The bind: from a name and a password to an identity, or to anonymous. Reads from top to bottom as the design tells it.
import type { Snapshot } from '../../directory/snapshot.js';
import { keyOfName } from '../../ldap/dn.js';
import type { BindRequest, PolicyNews } from '../../ldap/message.js';
import { ResultCode } from '../../ldap/result-code.js';
import { result, success } from '../answer.js';
import type { Operation } from '../operation.js';
import type { Lookup, Permission, Permit, SharedDecision, Verdict, VerdictReceiver } from '../ports.js';
import type { Reason } from '../reason.js';
import { type Identity, type Session, withIdentity } from '../session.js';
import { Trace } from '../trace.js';
import { currentSnapshot, type World } from '../world.js';
import { BindEnding, type StepOutcome } from './bind-ending.js';
import { type BeginCheck, countedCheck } from './counted-check.js';
import type { CredentialKey } from './credential-cache.js';
import { readCredentials, wipe } from './credentials.js';
import type { HashOutcome } from './hash-queue.js';
import { learnVerdict, timesAsked } from './learn-verdict.js';
import { Member, readAs } from './member.js';
import { type Answer, NameQuestions, type Unseen } from './name-questions.js';
import { policyText } from './policy-text.js';
import type { Resolved } from './resolve-name.js';
import type { ServiceAccount } from './service-accounts.js';
import type { Asker, SharedCheck, SharedChecks } from './shared-checks.js';

/** Whether the account is a member: by the snapshot, or by what the upstream says about it. */
type Membership = Lookup | { readonly kind: 'member' };

/** What is done when it is advanced: words for what each bind passes, and a function for what few do. */
type Next = 'begin' | 'follow' | 'judge' | (() => StepOutcome);

const NOBODY_WAITS = () => {};
const IS_MEMBER: Membership = { kind: 'member' };

/**
 * One bind. Each step decides something, notes it in the trace and calls the next one, until the bind has ended or has to wait. The password's bytes
 * must stay unchanged until it has ended or was aborted; then they are overwritten.
 *
 * Everything that a usual bind keeps is in its fields, and what it waits for calls it directly: no step creates a function.
 */
export class BindOperation extends BindEnding implements Operation, VerdictReceiver, Asker {
  readonly isBind = true;
  wake: () => void = NOBODY_WAITS;
  private next: Next | undefined = 'begin';
  /** True while the upstream is asked for this bind: its answer is kept, even if the client no longer waits. */
  private isSent = false;
  private isAborted = false;
  /** True once an attempt was counted: its outcome then gives it back or not. */
  private isCounted = false;
  /** From all instances, if they count together: they learn what became of the password. */
  private permit: Permit | undefined = undefined;
  /** What all instances are asked about it. */
  private check: SharedCheck | undefined = undefined;
  /** True if its password was sent; false if it waits for the answer to an equal bind. */
  private isFirst = false;
  /** True once the account was revoked while this bind was under way. */
  private isAskedAgain = false;
  /** True while the only thing that is missing is the membership. */
  private lacksMembership = false;
  private member: Member | undefined = undefined;
  private key: CredentialKey | undefined = undefined;
  private membership: Membership | undefined = undefined;
  /** Set once the upstream was asked about the name. */
  private questions: NameQuestions | undefined = undefined;

  /** `asksPolicy`: the client has sent the password policy control. A trace that is handed in can be read while the bind is under way. */
  constructor(
    private readonly request: BindRequest,
    session: Session,
    context: World,
    asksPolicy = false,
    trace = new Trace('bind', context.clock),
  ) {
    super(session, context, asksPolicy, trace);
    trace.name = request.name;
  }

  /** `now`: milliseconds by the world's clock. */
  advance(_work?: unknown, now = this.context.clock()): StepOutcome {
    const { next } = this;
    if (next === undefined) return 'waiting';
    this.next = undefined;
    this.now = now;
    const step = this.take(next);
    if (step !== 'waiting') wipe(this.request.authentication);
    return step;
  }

  abort(): 'over' | 'waiting' {
    this.isAborted = true;
    this.wait?.leave();
    // The verifier has its own copy of the password.
    wipe(this.request.authentication);
    return this.isSent ? 'waiting' : 'over';
  }

  private take(next: Next): StepOutcome {
    switch (next) {
      case 'begin':
        return this.begin();
      case 'follow':
        return this.followShared();
      case 'judge':
        return this.judge();
      default:
        return next();
    }
  }

  /** What was waited for is there: the next `advance` goes on with it. After an abort only what was sent upstream is of interest. */
  protected goOn(next: Next): void {
    if (this.isAborted && !this.isSent) return;
    this.next = next;
    this.wake();
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
        this.note('refuseUnusable', 'SASL EXTERNAL: the user that opened the socket file');
        return this.succeed({ kind: 'service', dn: credentials.dn, isExternal: true });
      case 'password':
        this.credentials = credentials;
        this.trace.name = credentials.name;
        return this.resolve();
    }
  }

  private resolve(isUnownedMail = false): StepOutcome {
    const current = currentSnapshot(this.context, this.now);
    if (typeof current === 'string' && !this.context.looksUpAll()) return this.noSnapshot(current);
    const snapshot = typeof current === 'string' ? undefined : current;
    const resolved = this.meant(snapshot, isUnownedMail);
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
      case 'unseen': {
        const where = snapshot === undefined ? 'there is no list of members yet' : 'not in the snapshot';
        this.note('resolveName', where + readAs(resolved.as));
        return this.lookUp(resolved, snapshot);
      }
      case 'member':
        this.note('resolveName', resolved.text);
        return this.admit(resolved, this.now - (snapshot?.takenAt ?? 0));
    }
  }

  /** Whose address it is by this snapshot comes before all that was said of it (see `NobodysMailMemory`). */
  private meant(snapshot: Snapshot | undefined, isUnownedMail: boolean): Resolved {
    const { names, unownedMail } = this.context;
    const { name } = this.credentials;
    const named = names.resolve(name, snapshot);
    const isAsked = named.kind === 'unseen' && named.isInDomain === true;
    if (!isAsked || !(isUnownedMail || unownedMail.isFresh(name))) return named;
    return names.resolveInDomain(name, snapshot);
  }

  /** A member by the snapshot. If the snapshot is old, the upstream is asked too, beside the password check (R92). */
  private admit(member: Member, age: number): StepOutcome {
    if (age <= this.context.membershipAge) {
      this.note('admit', 'a member according to the snapshot');
      this.membership = IS_MEMBER;
    } else this.confirm(member, age);
    return this.recall(member);
  }

  private confirm({ uid }: Member, age: number): void {
    this.note(
      'admit',
      `a member according to a snapshot that is ${Math.round(age / 1000)} s old: the upstream is asked`,
    );
    this.context.nameLookup.confirm(uid, (found) => {
      this.membership = found;
      if (this.lacksMembership) this.goOn(() => this.letIn());
    });
  }

  /** A name that the snapshot does not know: a new member, an account outside the group, or no account at all. */
  private lookUp(unseen: Unseen, snapshot: Snapshot | undefined): StepOutcome {
    this.questions ??= new NameQuestions(this.credentials.name, this.session.address, this.context);
    const { questions } = this;
    const isAsked = questions.ask(unseen, snapshot, (answer) => this.goOn(() => this.lookedUp(questions, answer)));
    if (!isAsked)
      return this.refusePaced('too-many-attempts', 'throttle', 'this address has asked for too many unknown names');
    this.trace.asked(this.now);
    return 'waiting';
  }

  private lookedUp(questions: NameQuestions, { found, isFirst, mailAskedAt }: Answer): StepOutcome {
    this.trace.answered(this.now);
    if (isFirst && found.kind !== 'trouble')
      this.context.responseTiming.observed('lookUp', questions.sinceMailQuestion(this.trace.elapsed()));
    if (mailAskedAt !== undefined) {
      const mail = questions.mailAnswered(found, mailAskedAt, this.trace.elapsed());
      if (mail === 'unowned before' && found.kind === 'trouble')
        this.note('resolveName', `${found.detail}; nobody had this email address before`);
      // The snapshot may be another one by now.
      if (mail !== 'answered') return this.resolve(true);
    }
    const account = questions.accountFound(found);
    return account === undefined ? this.admitFound(found) : this.checkHere(account);
  }

  private admitFound(found: Lookup): StepOutcome {
    switch (found.kind) {
      case 'member':
        this.note('admit', `a member by a look-up upstream: uid ${found.uid}`);
        this.membership = found;
        return this.recall(new Member(found.uid, undefined, found.person ?? ''));
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

  /** A cached verdict needs no upstream. */
  private recall(member: Member): StepOutcome {
    const { uid, person } = member;
    const { credentialCache, rateLimiter, asksForSecondFactor, versionOf } = this.context;
    this.member = member;
    this.trace.account = uid;
    const key = credentialCache.keyOf(uid, this.credentials.password, asksForSecondFactor, person);
    this.key = key;
    const cached = credentialCache.recall(key, versionOf, this.now);
    this.trace.recall = cached === 'refused' ? 'hit' : 'miss';
    if (cached === undefined) return this.throttle(member, key);
    if (cached === 'refused') return this.refuseAgain(key);
    // After too many guesses a client learns nothing more, not even from the cache.
    if (!rateLimiter.mayRecall(uid, this.session.address, this.now)) return this.throttle(member, key);
    this.trace.recall = 'hit';
    this.note('recall', 'accepted a short time ago');
    return this.letIn();
  }

  /** In the words of the first time. */
  private refuseAgain(key: CredentialKey): StepOutcome {
    const policy = this.context.credentialCache.policyOf(key);
    if (policy !== undefined) this.verdict = { kind: 'refused', policy };
    return this.refusePaced('wrong-password', 'recall', `refused before${policyText(policy)}`);
  }

  private throttle(member: Member, key: CredentialKey): StepOutcome {
    const { shared } = this.context;
    if (this.isBeingAsked(member, key)) return this.verify(member, key, false);
    if (shared !== undefined) return this.decideTogether(member, key, shared);
    return this.countAlone(member, key);
  }

  /** The very same question is being asked: its answer is ours, and nothing more reaches the upstream. */
  private isBeingAsked({ uid }: Member, key: CredentialKey): boolean {
    const { rateLimiter, verifier } = this.context;
    const { address } = this.session;
    const from = key.isOneTime ? undefined : verifier.runningFrom(key.sharedId);
    // From the same address it is no further guess.
    return from !== undefined && (from === address || rateLimiter.mayRecall(uid, address, this.now));
  }

  private countAlone(member: Member, key: CredentialKey): StepOutcome {
    const { rateLimiter } = this.context;
    return this.sendCounted(member, key, rateLimiter.take(member.uid, this.session.address, this.now));
  }

  private sendCounted(member: Member, key: CredentialKey, permission: Permission): StepOutcome {
    if (permission !== 'allowed')
      return this.refusePaced('too-many-attempts', 'throttle', `used up for this ${permission}`);
    this.isCounted = true;
    return this.verify(member, key, true);
  }

  /** Where instances count together, they are asked before anything is counted here. */
  private decideTogether(member: Member, key: CredentialKey, shared: SharedChecks): StepOutcome {
    const { context, credentials, session } = this;
    const { address } = session;
    const { rateLimiter } = context;
    const id = key.isOneTime ? undefined : key.sharedId;
    const same = id === undefined ? undefined : shared.find(id);
    if (same !== undefined && (same.from === address || rateLimiter.mayRecall(member.uid, address, this.now))) {
      this.wait = same.join((decision) => this.goOn(() => this.decidedForAnother(member, key, decision)));
      return 'waiting';
    }
    // This one's own counts of addresses are never looser than those of all.
    if (rateLimiter.isUsedUp(member.uid, address, this.now))
      return this.sendCounted(member, key, rateLimiter.take(member.uid, address, this.now));
    const { isOneTime, keepsRefusal } = key;
    const version = member.versionIn(context);
    const { uid: account, person } = member;
    const question = { account, person, address, password: credentials.password, isOneTime, keepsRefusal, version };
    this.wait = this.check = shared.ask(id, question, this);
    return this.followShared();
  }

  /** For the check: its decision is there. */
  decidedTogether(): void {
    this.goOn('follow');
  }

  private followShared(): StepOutcome {
    const { member, key, check } = this;
    const decision = check?.decision;
    if (member === undefined || key === undefined || decision === undefined) return 'waiting';
    const outcome = this.follow(member, key, decision);
    // Binds that wait for the same decision find the password check under way now.
    check?.taken();
    return outcome;
  }

  private decidedForAnother(member: Member, key: CredentialKey, decision: SharedDecision | undefined): StepOutcome {
    const isAnswer = decision?.kind === 'refused' || decision?.kind === 'accepted';
    return isAnswer ? this.follow(member, key, decision) : this.throttle(member, key);
  }

  private follow(member: Member, key: CredentialKey, decision: SharedDecision): StepOutcome {
    const { rateLimiter } = this.context;
    const { uid } = member;
    const { address } = this.session;
    switch (decision.kind) {
      case 'refused':
        return this.refusePaced('wrong-password', 'recall', 'refused before, as the fleet knows');
      case 'accepted':
        this.trace.recall = 'hit';
        this.note('recall', 'accepted a short time ago, as the fleet knows');
        return this.letIn();
      case 'account':
      case 'address':
        rateLimiter.refusedByAll(decision.kind);
        return this.refusePaced('too-many-attempts', 'throttle', `used up for this ${decision.kind} in the fleet`);
      case 'allowed':
      case 'alone': {
        const isAlone = decision.kind === 'alone';
        const permission = isAlone
          ? rateLimiter.take(uid, address, this.now)
          : rateLimiter.takeShared(uid, address, this.now);
        if (permission === 'allowed') this.permit = decision.permit;
        else decision.permit.settled('undecided');
        return this.sendCounted(member, key, permission);
      }
    }
  }

  /** `isFirst`: this bind is the one that is sent; else it waits for the answer to an equal one. */
  private verify(member: Member, key: CredentialKey, isFirst: boolean): StepOutcome {
    const { context, credentials, session } = this;
    const asksPolicy = this.asksPolicy || context.asksPolicy;
    this.note('verify', isFirst ? 'sent upstream' : 'the same bind is under way upstream');
    this.trace.asked(this.now);
    this.isFirst = this.isSent = isFirst;
    const id = key.isOneTime ? undefined : key.sharedId;
    const dn = member.upstreamDN(context);
    this.wait = context.verifier.verify(id, dn, credentials.password, this, session.address, asksPolicy);
    return 'waiting';
  }

  /** For the verifier: what has become of the password check. */
  onVerdict(verdict: Verdict): void {
    this.verdict = verdict;
    this.goOn('judge');
  }

  /** The upstream's verdict is kept, even if the client did not wait for it. */
  private judge(): StepOutcome {
    const { member, key, verdict, session, context } = this;
    if (member === undefined || key === undefined || verdict === undefined) return 'waiting';
    this.trace.answered(this.now);
    this.isSent = false;
    const outcome = learnVerdict(verdict, key, this.isCounted, session, context, this.now);
    this.permit?.settled(outcome, timesAsked(verdict));
    this.permit = undefined;
    if (this.isAborted) return this.finish(result(ResultCode.canceled), undefined, 'canceled');
    switch (verdict.kind) {
      case 'accepted':
        this.note('verify', acceptedText(verdict.policy));
        return this.letIn();
      case 'refused':
        // The time of two questions cannot count as that of one.
        if (this.isFirst && !this.isAskedAgain) this.context.responseTiming.observed('bind', this.sinceMailQuestion());
        return this.refuseAlike('wrong-password', 'verify', `wrong-password${policyText(verdict.policy)}`);
      case 'trouble':
        if (verdict.isUnsent !== true) return this.fallBack(member, key, verdict);
        this.trace.forget('verify');
        return this.fallBack(member, key, { ...verdict, detail: `${verdict.detail}; nothing was sent` });
    }
  }

  private sinceMailQuestion(): number {
    const elapsed = this.trace.elapsed();
    return this.questions?.sinceMailQuestion(elapsed) ?? elapsed;
  }

  /** The upstream could not say. A password that it accepted not long ago may do, if the configuration says so (R94). */
  private fallBack({ uid }: Member, key: CredentialKey, verdict: Verdict & { kind: 'trouble' }): StepOutcome {
    const { credentialCache, rateLimiter } = this.context;
    const mayRecall = this.isCounted || rateLimiter.mayRecall(uid, this.session.address, this.now);
    const age = mayRecall ? credentialCache.recallForOutage(key) : undefined;
    if (age === undefined) return this.fail(verdict.code, verdict.reason, 'verify', verdict.detail);
    this.note('verify', verdict.detail);
    this.note(
      'recall',
      `accepted ${Math.round(age / 1000)} s ago, which still counts because the upstream is unreachable`,
    );
    this.trace.isStale = true;
    return this.letIn();
  }

  /** The password is right. The membership is known by the snapshot, or the upstream is about to answer. */
  private letIn(): StepOutcome {
    const { member, membership, context } = this;
    this.lacksMembership = membership === undefined;
    if (member === undefined || membership === undefined) return 'waiting';
    // In an outage the snapshot is all that there is, and staleIfError says that it is enough.
    if (membership.kind === 'member' || (membership.kind === 'trouble' && this.trace.isStale)) {
      const owner = ownerOf(member, membership);
      const isRecalled = this.trace.recall === 'hit' || this.trace.isStale;
      if (this.key !== undefined && ((isRecalled && owner !== member) || context.credentialCache.isOutdated(this.key)))
        return this.askAgain(owner, this.key);
      if (!this.isCounted) context.rateLimiter.loggedIn(member.uid, this.session.address, this.now);
      return this.succeed(owner.identity(context));
    }
    if (membership.kind === 'trouble')
      return this.fail(ResultCode.unavailable, 'upstream-unreachable', 'admit', membership.detail);
    if (membership.kind === 'busy')
      return this.fail(ResultCode.busy, 'busy-here', 'admit', 'too many names are being looked up');
    return this.refusePaced('not-a-member', 'admit');
  }

  /** The account was revoked since this bind began: what let it in may be from before. The fleet is not asked, because its cache may be as old. */
  private askAgain(member: Member, { isOneTime }: CredentialKey): StepOutcome {
    const { credentialCache, asksForSecondFactor } = this.context;
    // Its code is used up, and a second push would surprise its owner.
    if (isOneTime) return this.refusePaced('wrong-password', 'verify', 'the account was changed meanwhile');
    this.note('verify', 'the account was changed meanwhile');
    this.trace.recall = 'miss';
    this.trace.isStale = this.isCounted = false;
    this.isAskedAgain = true;
    this.member = member;
    const key = credentialCache.keyOf(member.uid, this.credentials.password, asksForSecondFactor, member.person);
    this.key = key;
    return this.isBeingAsked(member, key) ? this.verify(member, key, false) : this.countAlone(member, key);
  }

  private checkHere(account: ServiceAccount): StepOutcome {
    const { servicePasswords, rateLimiter } = this.context;
    const { password } = this.credentials;
    const { address } = this.session;
    this.note('resolveName', 'a service account');
    this.trace.account = account.dn;
    if (servicePasswords.knowsWrong(account, password)) return this.refuseAlike('wrong-password', 'recall');
    const begin: BeginCheck = (done) => {
      const isKnown = rateLimiter.isKnownHere(account.dn, address);
      return servicePasswords.check(account, password, { address, isKnown }, done);
    };
    return this.countHere(account.dn, begin, (outcome, cause) =>
      outcome === 'right'
        ? this.succeed({ kind: 'service', dn: account.dn })
        : this.refuseHere(outcome, 'wrong-password', 'verify', cause),
    );
  }

  /** A name that does not belong to a service account takes as long as one that does (R3). */
  private checkNobody(reason: Reason): StepOutcome {
    const { servicePasswords } = this.context;
    const { name, password } = this.credentials;
    const client = { address: this.session.address, isKnown: false };
    if (servicePasswords.knowsWrong({ name }, password)) return this.refuseAlike(reason, 'recall');
    return this.countHere(
      keyOfName(name),
      (done) => servicePasswords.checkNobody(name, password, client, done),
      (outcome, cause) => this.refuseHere(outcome, reason, 'resolveName', cause),
    );
  }

  private countHere(
    account: string,
    begin: BeginCheck,
    then: (outcome: HashOutcome, cause: unknown) => StepOutcome,
  ): StepOutcome {
    const { rateLimiter } = this.context;
    const check = countedCheck(rateLimiter, account, this.session.address, begin, (outcome, cause) =>
      this.goOn(() => then(outcome, cause)),
    );
    if (typeof check === 'string')
      return this.refuseAlike('too-many-attempts', 'throttle', `used up for this ${check}`);
    this.wait = check;
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
        return this.fail(ResultCode.busy, 'busy-here', step, 'too many passwords are waiting to be hashed');
      case 'defect':
        return this.fail(ResultCode.other, 'defect', step, String(cause));
      default:
        return this.refuseAlike(reason, step);
    }
  }

  private succeed(identity: Identity): StepOutcome {
    const { actsAs, name } = this.credentials;
    // Only now: without the password a client does not learn whose another name is (RFC 4616 2).
    if (actsAs !== undefined && actsAs !== name) {
      const current = currentSnapshot(this.context);
      const isSame = this.context.names.isNameOf(actsAs, identity, typeof current === 'string' ? undefined : current);
      if (isSame === 'unsaid') return this.noSnapshot('no-snapshot');
      if (!isSame) return this.refuseOther(identity);
    }
    this.questions?.succeeded(identity.kind === 'user');
    return this.finish(success, withIdentity(this.session, identity), 'ok');
  }

  private refuseOther({ kind }: Identity): StepOutcome {
    const reason = 'authorization-denied';
    return kind === 'service' ? this.refuseAlike(reason, 'verify') : this.refusePaced(reason, 'verify');
  }
}

/** Another account has the name since the snapshot, if a confirmation says so. */
function ownerOf(member: Member, membership: Membership): Member {
  const person = 'person' in membership ? membership.person : undefined;
  const isSame = person === undefined || member.person === '' || person === member.person;
  return isSame ? member : new Member(member.uid, undefined, person);
}

/** For the trace. Nearly every bind has no news, and then makes no text. */
function acceptedText(news: PolicyNews | undefined): string {
  return news === undefined ? 'accepted upstream' : `accepted upstream${policyText(news)}`;
}
