// Why JumpCloud refused a bind: what its API knows about the account is read, cheapest first, until something answers the question.
import type { CloudFinding, CloudReason } from '../../gate/explain/cloud-reason.js';
import { type CloudApi, CloudError, type CloudGroup, type CloudUser } from '../ports.js';
import { type AskedBind, BindEvents } from './bind-events.js';
import { Organisation } from './organisation.js';
import { hasSecondFactor, policiesOf, reasonOfEvent } from './second-factor.js';

export interface Question extends AskedBind {
  /** The console's names of the groups whose members the app lets in; undefined: it lets everybody in. */
  readonly groups: readonly string[] | undefined;
  /** JumpCloud itself refused the credentials. False where Jumpgate knew no such member, so that no password was the reason. */
  readonly isCredentialRefused: boolean;
  /** LDAP has the account in one of the groups. */
  readonly isInMirror: boolean;
  /** The LDAP host in use takes second factors. */
  readonly isMfaHost: boolean;
}

/** Milliseconds since 1970. `groups`: undefined for all. */
export type MissingSince = (account: string, groups: readonly string[] | undefined) => number | undefined;

type Said = Pick<CloudFinding, 'reason' | 'since' | 'until' | 'isRemoved' | 'fault' | 'isOfAttempt'>;

/** Finds why JumpCloud refused a bind, cheapest question first: six calls at most. */
export class Investigation {
  private readonly organisation: Organisation;
  private readonly binds: BindEvents;

  constructor(
    private readonly api: CloudApi,
    /** Milliseconds since 1970. */
    private readonly now: () => number,
    clock: () => number = now,
    /** Since when JumpCloud has not carried the account into LDAP, where that is known already. */
    private readonly missingSince: MissingSince = () => undefined,
  ) {
    this.organisation = new Organisation(api, clock);
    this.binds = new BindEvents(api);
  }

  /** Never rejects because of the API: a fault of it is the finding `not-known`. */
  async find(question: Question): Promise<CloudFinding> {
    const walk = new Walk(this.api, this.organisation, this.binds, question, this.now, this.missingSince);
    let said: Said;
    try {
      said = await walk.run();
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      said = { reason: 'not-known', fault: error.fault };
    }
    return { account: question.account, foundAt: this.now(), calls: walk.calls, ...said };
  }
}

/** One question on its way. */
class Walk {
  calls = 0;
  private userGroups: Promise<ReadonlySet<string>> | undefined = undefined;
  private readonly counted = () => {
    this.calls += 1;
  };

  constructor(
    private readonly api: CloudApi,
    private readonly organisation: Organisation,
    private readonly binds: BindEvents,
    private readonly question: Question,
    private readonly now: () => number,
    private readonly missingSince: MissingSince,
  ) {}

  async run(): Promise<Said> {
    const user = await this.user();
    if (user === undefined) return { reason: 'no-such-user' };
    return (
      (await this.state(user)) ??
      this.behind() ??
      (await this.membership(user)) ??
      (this.isNamed(user) ? undefined : { reason: 'name-is-mail' }) ??
      (this.question.isInMirror ? undefined : { reason: 'still-processing' }) ??
      (await this.credentials(user))
    );
  }

  /** Only what looks like a mail address is searched for as one. */
  private user(): Promise<CloudUser | undefined> {
    this.calls += 1;
    return this.api.user('reason', this.question.account, this.question.account.includes('@'));
  }

  private async state(user: CloudUser): Promise<Said | undefined> {
    if (user.state === 'suspended' || user.isSuspended) return { reason: 'suspended' };
    if (user.state === 'staged') return { reason: 'staged' };
    if (user.authority === undefined && !user.isActivated) return { reason: 'password-never-set' };
    if (user.isLocked) return this.locked(user);
    if (user.isPasswordExpired) return this.expired(user);
    if (user.authority !== undefined && this.question.isCredentialRefused) return { reason: 'password-elsewhere' };
    return undefined;
  }

  /** Costs no call: members were compared already. */
  private behind(): Said | undefined {
    const { account, groups, isInMirror } = this.question;
    const since = isInMirror ? undefined : this.missingSince(account, groups);
    return since === undefined ? undefined : { reason: 'still-processing', since };
  }

  /** By its user name. With its mail address, any other obstacle of the user applies too, and is reported first. */
  private isNamed({ username }: CloudUser): boolean {
    return username.toLowerCase() === this.question.account.toLowerCase();
  }

  private async locked({ lockedAt: since }: CloudUser): Promise<Said> {
    const lockedFor =
      since === undefined ? undefined : (await this.extra(this.organisation.lockout(this.counted)))?.lockedFor;
    const opens = since === undefined || lockedFor === undefined ? undefined : since + lockedFor * 1000;
    const until = opens !== undefined && opens > this.now() ? opens : undefined;
    return { reason: 'locked', ...known({ since, until }), ...(await this.removed('onLockout')) };
  }

  private async expired({ passwordExpiresAt }: CloudUser): Promise<Said> {
    const since = passwordExpiresAt !== undefined && passwordExpiresAt <= this.now() ? passwordExpiresAt : undefined;
    return { reason: 'password-expired', ...known({ since }), ...(await this.removed('onExpiry')) };
  }

  private async removed(when: 'onLockout' | 'onExpiry'): Promise<{ isRemoved?: boolean }> {
    const servers = (await this.extra(this.organisation.servers(this.counted))) ?? [];
    return servers.some((server) => server[when] === 'remove') ? { isRemoved: true } : {};
  }

  /** What adds to an answer that is certain already. */
  private async extra<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await answer;
    } catch (error) {
      if (error instanceof CloudError) return undefined;
      throw error;
    }
  }

  /**
   * The switch that would let the user in: a group that is bound to LDAP brings its members there, so that the user's own bindings count only
   * where no such group is.
   */
  private async membership(user: CloudUser): Promise<Said | undefined> {
    const { groups: names, isInMirror } = this.question;
    if (names === undefined) return (await this.isBound(user)) ? undefined : { reason: 'not-in-ldap' };
    const own = await this.groupsOf(user);
    const found: CloudGroup[] = [];
    for (const name of names) {
      const group = await this.organisation.groupNamed(name, this.counted);
      if (group !== undefined) found.push(group);
    }
    const joined = found.filter(({ id }) => own.has(id));
    if (await this.isAnyBound(joined)) return undefined;
    // A group may have another name in LDAP than in the console; then what LDAP says counts.
    const isUnknown = found.length < names.length;
    if (joined.length > 0 && !(isUnknown && isInMirror)) return { reason: 'group-not-in-ldap' };
    const leadsToLdap = !isUnknown && (await this.isAnyBound(found));
    if (!leadsToLdap && !(await this.isBound(user))) return { reason: 'not-in-ldap' };
    if (isUnknown) return isInMirror ? undefined : { reason: 'not-known', fault: 'no-group' };
    return { reason: found.every(({ isDynamic }) => isDynamic) ? 'group-rule' : 'not-in-group' };
  }

  private async isAnyBound(groups: readonly CloudGroup[]): Promise<boolean> {
    for (const { id } of groups)
      if ((await this.organisation.bindingsOfGroup(id, this.counted)).length > 0) return true;
    return false;
  }

  private async isBound({ id }: CloudUser): Promise<boolean> {
    this.calls += 1;
    return (await this.api.bindingsOfUser('reason', id)).length > 0;
  }

  private groupsOf({ id }: CloudUser): Promise<ReadonlySet<string>> {
    if (this.userGroups === undefined) {
      this.calls += 1;
      this.userGroups = this.api.groupsOfUser('reason', id).then((ids) => new Set(ids));
    }
    return this.userGroups;
  }

  private async credentials(user: CloudUser): Promise<Said> {
    if (!this.question.isCredentialRefused) return this.beforehand(user);
    return { ...(await this.refused(user)), isOfAttempt: true };
  }

  private async refused(user: CloudUser): Promise<Said> {
    const event = await this.binds.of(this.question, this.counted);
    const told = typeof event === 'object' ? reasonOfEvent(event) : undefined;
    if (told !== undefined && told !== 'second-factor-missing') return { reason: told };
    if (told !== undefined) return (await this.extra(this.policies(user))) ?? { reason: told };
    const asked = await this.askedFor(user);
    if (typeof asked === 'string') return { reason: asked };
    // The password may have been right, and the push unanswered.
    if (asked) return { reason: 'not-known', fault: event === 'no-plan' ? 'no-plan' : 'no-event' };
    return { reason: 'password-wrong' };
  }

  /** What refuses any password, as far as nobody has tried one. Only the hosts that take second factors carry policies out. */
  private async beforehand(user: CloudUser): Promise<Said> {
    const told = this.question.isMfaHost ? await this.policies(user) : undefined;
    return told ?? { reason: 'not-known', fault: 'no-event' };
  }

  private async policies(user: CloudUser): Promise<Said | undefined> {
    const answer = await this.askedFor(user);
    return typeof answer === 'string' ? { reason: answer } : undefined;
  }

  /** A reason, if policies give one; else whether they ask for a second factor that the user could have given. */
  private async askedFor(user: CloudUser): Promise<CloudReason | boolean> {
    const policies = await this.organisation.policies(this.counted);
    if (policies.length === 0 || user.isBindUser) return false;
    const own = policiesOf(policies, user, await this.groupsOf(user));
    if (own.some(({ action }) => action === 'deny')) return 'policy-denies';
    const { exclusionUntil } = user.mfa;
    const isExcluded = exclusionUntil !== undefined && exclusionUntil > this.now();
    if (isExcluded || !own.some(({ requiresMfa }) => requiresMfa)) return false;
    if (!hasSecondFactor(user)) return 'not-enrolled';
    return this.question.isMfaHost ? true : 'mfa-host';
  }
}

/** Without what is undefined. */
function known(times: { since?: number | undefined; until?: number | undefined }): Pick<Said, 'since' | 'until'> {
  return {
    ...(times.since === undefined ? {} : { since: times.since }),
    ...(times.until === undefined ? {} : { until: times.until }),
  };
}
