// What JumpCloud's REST API and Directory Insights can be asked, in records of what is needed here and nothing else. Nothing of it is on the
// path of a bind: who asks is beside it, and goes on without an answer.

/** Who asks: each has its share of the calls that may be made. */
export type Purpose = 'reason' | 'names' | 'revocation' | 'lag' | 'reader' | 'check' | 'settings';

/**
 * Why there is no answer. `away`: no connection, or 5xx; `slow`: not in time; `busy`: 429; `refused`: 401 or 403, so that nothing is asked
 * until somebody has acted; `no-plan`: the tenant has no Directory Insights; `garbled`: no JSON, too long, or of another shape;
 * `budget`: not asked, for too much was asked already; `stopped`: this side ends.
 */
export type CloudFault = 'away' | 'slow' | 'busy' | 'refused' | 'no-plan' | 'garbled' | 'budget' | 'stopped';

/** A call of JumpCloud's API that did not get a usable answer. The only error that the API's methods reject with. */
export class CloudError extends Error {
  override readonly name = 'CloudError';

  constructor(
    readonly fault: CloudFault,
    /** One sentence that names the call, and nothing secret. */
    message: string,
    /** The HTTP status, where there was one. */
    readonly status: number | undefined = undefined,
  ) {
    super(message);
  }
}

/** Whether somebody has set up a second factor; `unknown` where the API does not say. */
export type Enrolment = 'enrolled' | 'not-enrolled' | 'pending' | 'unknown';

/** A user's record. Times are milliseconds since 1970. */
export interface CloudUser {
  readonly id: string;
  readonly username: string;
  readonly email: string;
  readonly state: 'staged' | 'activated' | 'suspended' | 'unknown';
  /** The user has set a password. */
  readonly isActivated: boolean;
  readonly isSuspended: boolean;
  readonly isLocked: boolean;
  readonly lockedAt: number | undefined;
  readonly isPasswordExpired: boolean;
  readonly passwordExpiresAt: number | undefined;
  readonly passwordNeverExpires: boolean;
  /** Who decides about the password, if JumpCloud does not: `ActiveDirectory`. */
  readonly authority: string | undefined;
  /** "Enable as LDAP Bind DN". */
  readonly isBindUser: boolean;
  readonly mfa: {
    readonly overall: Enrolment;
    readonly totp: Enrolment;
    readonly push: Enrolment;
    /** Excluded from MFA until then. */
    readonly exclusionUntil: number | undefined;
  };
}

export interface CloudLdapServer {
  readonly id: string;
  readonly name: string;
  /** What becomes of an entry in LDAP while its password has expired, and while its user is locked. */
  readonly onExpiry: 'disable' | 'remove' | 'unknown';
  readonly onLockout: 'disable' | 'remove' | 'unknown';
}

export interface CloudGroup {
  readonly id: string;
  readonly name: string;
  readonly isDynamic: boolean;
  /** Names of the groups in LDAP that are made from it, where they are said. */
  readonly ldapNames: readonly string[];
}

/** An LDAP directory that something is bound to. `through`: IDs of the groups that lead there; empty for a direct binding. */
export interface CloudBinding {
  readonly serverId: string;
  readonly through: readonly string[];
}

/** A conditional access policy for LDAP. */
export interface CloudPolicy {
  readonly id: string;
  readonly name: string;
  readonly isDisabled: boolean;
  readonly action: 'allow' | 'deny' | 'unknown';
  readonly requiresMfa: boolean;
  readonly users: readonly string[];
  readonly groups: readonly string[];
  readonly exceptGroups: readonly string[];
}

/** When an account is locked, as the organisation's settings say. Undefined where they do not say, or it is off. Seconds. */
export interface CloudLockout {
  readonly attempts: number | undefined;
  /** After which the account unlocks automatically. */
  readonly lockedFor: number | undefined;
  /** After this time without a wrong password, counting starts again. */
  readonly countedFor: number | undefined;
}

/** The type of an event that is too long to read. Its time is that of the event before it. */
export const TOO_LONG = 'jumpgate:too-long';

/** An event of Directory Insights: what is needed of it. */
export interface CloudEvent {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly service: string;
  /** Such as `ldap_bind`, `user_suspended`. */
  readonly type: string;
  /** The user name that it is about, as JumpCloud spells it, or a mail address; undefined if it says none. */
  readonly username: string | undefined;
  /** Of a change of the user name: the names before and after it, as far as they are said; absent in all other events. */
  readonly renamed?: readonly string[];
  /** ID of the user or group that it is about. */
  readonly subject: string | undefined;
  readonly success: boolean | undefined;
  readonly errorMessage: string | undefined;
  /** Of a bind: what became of each factor; absent ones were not asked for. */
  readonly factors: {
    readonly password?: boolean;
    readonly totp?: boolean;
    readonly push?: boolean;
  };
}

export interface EventQuery {
  readonly services: readonly string[];
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly until?: number;
  readonly username?: string;
  readonly types?: readonly string[];
  readonly newestFirst: boolean;
  /** At most 1,000. */
  readonly limit: number;
  /** From the page before. */
  readonly after?: readonly string[];
}

export interface EventPage {
  readonly events: readonly CloudEvent[];
  /** For the next page; undefined at the end. */
  readonly next: readonly string[] | undefined;
  /** JumpCloud's time at the answer, in milliseconds since 1970, to the second below; undefined where it does not say. */
  readonly answeredAt?: number | undefined;
}

export interface UserPage {
  readonly users: readonly CloudUser[];
  /** Where the next page begins; undefined at the end. */
  readonly next: number | undefined;
  /** Users in all, where that is said. */
  readonly total: number | undefined;
}

/** Every call may reject with a `CloudError`, and with nothing else; it ends within its time limit. */
export interface CloudApi {
  /** By the user name, exactly; then, if `byMail` is set, by the mail address. */
  user(purpose: Purpose, name: string, byMail?: boolean): Promise<CloudUser | undefined>;
  userById(purpose: Purpose, id: string): Promise<CloudUser | undefined>;
  ldapServers(purpose: Purpose): Promise<readonly CloudLdapServer[]>;
  bindingsOfUser(purpose: Purpose, id: string): Promise<readonly CloudBinding[]>;
  bindingsOfGroup(purpose: Purpose, id: string): Promise<readonly CloudBinding[]>;
  /** IDs of groups. */
  groupsOfUser(purpose: Purpose, id: string): Promise<readonly string[]>;
  /** By the console's name, exactly. */
  groupNamed(purpose: Purpose, name: string): Promise<CloudGroup | undefined>;
  /** IDs of users, a hundred at a time: of a dynamic group those that its rule has chosen. */
  membersOfGroup(purpose: Purpose, id: string): AsyncIterable<readonly string[]>;
  /** All users, a hundred at a time, behind the first `from`. */
  users(purpose: Purpose, from?: number): AsyncIterable<UserPage>;
  /** IDs of the users that are bound to an LDAP directory, directly or through a group; a hundred at a time. */
  usersOfServer(purpose: Purpose, id: string): AsyncIterable<readonly string[]>;
  ldapPolicies(purpose: Purpose): Promise<readonly CloudPolicy[]>;
  lockout(purpose: Purpose): Promise<CloudLockout>;
  events(purpose: Purpose, query: EventQuery): Promise<EventPage>;
  /** How it is with the API as a whole. */
  readonly health: CloudHealth;
}

export interface CloudTrouble {
  readonly fault: CloudFault;
  /** Of the newest call, as in a CloudError. */
  readonly message: string;
  /** Milliseconds for which it has been so. */
  readonly lasts: number;
}

/** For the state, the metrics and the page. */
export interface CloudHealth {
  /** Of the newest call that was made and came to an end; undefined before the first. */
  readonly lastFault: CloudFault | undefined;
  readonly lastError: string | undefined;
  /** Whether the API answers as a whole; undefined before the first answer. */
  readonly isUp: boolean | undefined;
  /** Why it does not. */
  readonly trouble: CloudTrouble | undefined;
  /** Calls of some kinds that are refused (403), while others are not. */
  readonly refusals: readonly CloudTrouble[];
  /** True after a 401: nothing is asked for a quarter of an hour, or until the configuration is reloaded. A 403 stops calls of its kind alone. */
  readonly isStopped: boolean;
  /** Calls that were made, and how they ended. */
  readonly calls: ReadonlyMap<'ok' | CloudFault, number>;
  /** Calls of the last hour. */
  readonly lastHour: number;
}
