// What changes in the embedded JumpCloud, as its Directory Insights reports it.

export interface Subject {
  readonly kind: 'user' | 'user_group' | 'ldap_server' | 'authn_policy';
  readonly name: string;
}

export type Change =
  | {
      /** Such as `user_suspended`, `group_update`. */
      readonly type: string;
      readonly about: Subject;
      /** Fields that have another value now; values of passwords are not among them. */
      readonly fields?: readonly { readonly field: string; readonly from: unknown; readonly to: unknown }[];
    }
  | {
      readonly type: 'association_change';
      readonly op: 'add' | 'remove';
      readonly from: Subject;
      readonly to: Subject;
    };

/** What became of each factor of a bind; absent ones were not asked for. */
export interface Factors {
  readonly password?: boolean;
  readonly totp?: boolean;
  readonly push?: boolean;
}

/** A simple bind that the LDAP side has decided. */
export interface BindRecord {
  readonly dn: string;
  /** As it was sent; empty if the DN names no user. */
  readonly username: string;
  readonly isAdmitted: boolean;
  readonly factors: Factors;
}

/** Receives what happens. */
export interface Journal {
  changed(change: Change): void;
  bound(bind: BindRecord): void;
}

export const NO_JOURNAL: Journal = { changed: () => {}, bound: () => {} };
