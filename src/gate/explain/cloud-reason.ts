// What JumpCloud's own API says about a refusal: a closed list, learned beside the bind and never told to the client.

/** JumpCloud's own reason for a refusal, as its REST API and its events have it; `not-known` where they have none. */
export type CloudReason =
  | 'no-such-user'
  | 'name-is-mail'
  | 'staged'
  | 'suspended'
  | 'password-never-set'
  | 'locked'
  | 'password-expired'
  | 'password-elsewhere'
  | 'not-in-ldap'
  | 'not-in-group'
  | 'group-rule'
  | 'group-not-in-ldap'
  | 'push-unanswered'
  | 'code-wrong'
  | 'second-factor-missing'
  | 'not-enrolled'
  | 'policy-denies'
  | 'mfa-host'
  | 'still-processing'
  | 'password-wrong'
  | 'not-known';

/** What was found out about one account. Times are milliseconds since 1970. */
export interface CloudFinding {
  readonly reason: CloudReason;
  readonly account: string;
  readonly foundAt: number;
  /** Since when, and until when, where JumpCloud says so. */
  readonly since?: number;
  readonly until?: number;
  /** The account has vanished from LDAP on this account (`remove` in the console's LDAP settings). */
  readonly isRemoved?: boolean;
  /** Of `not-known`: why the API gave no answer. */
  readonly fault?: string;
  /** It is about the password and the factors of this one login; another one may have another reason. */
  readonly isOfAttempt?: true;
  /** Calls that it took. */
  readonly calls: number;
}
