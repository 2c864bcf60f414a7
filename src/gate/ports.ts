// What the gate needs from the rest, said by the gate: small interfaces that upstream/ and app.ts fill in.

import type { PolicyNews } from '../ldap/message.js';

/** What became of one password check upstream. `policy`: where it was asked for, and answered. */
export type Verdict =
  | { readonly kind: 'accepted'; readonly policy?: PolicyNews }
  /** The upstream answered invalidCredentials (49). */
  /** `asked`: how often it was sent, if more than once, because the first answer was lost. */
  | { readonly kind: 'refused'; readonly asked?: number; readonly policy?: PolicyNews }
  | {
      readonly kind: 'trouble';
      /** What to answer the client: never 49 (R78). */
      readonly code: 52 | 51 | 3 | 11 | 80;
      readonly reason:
        | 'upstream-unreachable'
        | 'upstream-timeout'
        | 'upstream-busy'
        | 'upstream-error'
        | 'upstream-tls'
        | 'shutting-down';
      /** Nothing was sent: there was no connection for it. */
      readonly isUnsent?: true;
      /** For the operator's trace; no secrets, no client text. */
      readonly detail: string;
    };

/** Receives the verdict on a password: an object and not a function, because each bind has one anyway. */
export interface VerdictReceiver {
  /** Called exactly once, never before `verify` has returned. */
  onVerdict(verdict: Verdict): void;
}

/** One who waits for a verdict. */
export interface VerdictWait {
  /** Nobody waits for it any more (the client left). May be called at any time and again. */
  leave(): void;
}

/**
 * Verifies a password by a bind upstream as `dn`, in bounded time, on connections that are used for nothing else. Equal binds at the same time are
 * sent once. `id` is equal for equal name and password only; undefined: this one is shared with nobody (R118). One that joins a bind under way
 * receives nothing more after it has left, and receives a policy only if the first one asked for it. `asksPolicy`: with the password policy control.
 * It copies the password: the caller's buffer may be wiped as soon as `verify` has returned.
 */
export interface CoalescingVerifier {
  verify(
    id: string | undefined,
    dn: string,
    password: Buffer,
    receiver: VerdictReceiver,
    from?: string,
    asksPolicy?: boolean,
  ): VerdictWait;
  /** A bind of this `id` would wait for one that runs, and so not reach the upstream itself: the address that one came `from`. */
  runningFrom(id: string): string | undefined;
  /** True while no address of the upstream is known to answer. */
  isAway(): boolean;
}

/** What a look-up of a name that the snapshot does not know has found upstream. */
export type Lookup =
  /** `person`: as `SnapshotEntry.person`, where it is known. */
  | { readonly kind: 'member'; readonly uid: string; readonly upstreamDN: string; readonly person?: string }
  | { readonly kind: 'nobody' }
  /** An account that exists but is not in the group. Clients get the same answer as for nobody; the operator sees the difference. */
  | { readonly kind: 'outsider'; readonly uid?: string }
  | { readonly kind: 'ambiguous' }
  /** Not asked: too many others are being asked about. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'trouble'; readonly detail: string };

/** Asks the upstream about one name, bounded in number and time; equal names in flight share one question. */
export interface NameLookups {
  /**
   * A name that the snapshot does not know. If there is one, a member that is found is in the next when `done` is called. `isFirst`: the
   * upstream was asked for this call, and not for an earlier one. `isOfMember`: a member is meant if the name belongs to nobody; questions about
   * strangers take no room from these.
   */
  lookUp(
    attribute: 'uid' | 'mail' | 'cn',
    value: string,
    done: (found: Lookup, isFirst: boolean) => void,
    isOfMember?: boolean,
  ): void;
  /** Whether a member of an older snapshot is one still. */
  confirm(uid: string, done: (found: Lookup) => void): void;
}

/** Look-ups for several apps: a user in none of an app's groups is an outsider for it, whatever the others say. */
export interface GateLookups {
  /** `gates`: the app's groups by their configured names; `everyone`: all who belong in the mirror. Questions and answers are shared. */
  forGates(gates: readonly string[] | 'everyone'): NameLookups;
}

export type Permission = 'allowed' | 'account' | 'address';

/**
 * Counts checks of passwords, those that reach the upstream and those made here, and questions about names. Accounts are told apart by
 * kind as well: what is counted for one upstream says nothing of one checked here. `address`: as the session has it. `now`: the clock's milliseconds,
 * if the caller has read it already.
 */
export interface RateLimiter {
  /** Counts one password check for the account before it is forwarded, or says which of the two has used up its window. */
  take(account: string, address: string, now?: number): Permission;
  /** The same where all instances together have let it through: the oldest that this one has counted of the account give way then. */
  takeShared(account: string, address: string, now?: number): Permission;
  /** Whether `take` would say `address`, without counting. */
  isUsedUp(account: string, address: string, now?: number): boolean;
  /** All instances together have not let it through. */
  refusedByAll(limit: 'account' | 'address'): void;
  /** What `take` would say, without counting. */
  ask(account: string, address: string): Permission;
  /** Whether the account's cached verdicts, or a check under way, may let somebody in: a guess at those counts as well (R113). */
  mayRecall(account: string, address: string, now?: number): boolean;
  /** What was taken is settled: a right password, and the account's counts start again (R96). */
  succeeded(account: string, address: string, now?: number): void;
  /** A wrong one: it counts against the address it came from as well (R97). */
  failed(account: string, address: string, times?: number): void;
  /** Let in without a question upstream, by a cached verdict or by another bind's: the account is now known at the address. */
  loggedIn(account: string, address: string, now?: number): void;
  /** No answer about the password came (an outage): nothing is counted (R96). */
  undecided(account: string, address: string): void;
  /** The same for a password that is checked here (R113). */
  takeHere(account: string, address: string): Permission;
  askHere(account: string, address: string): Permission;
  /** True where it logged in recently. */
  isKnownHere(account: string, address: string): boolean;
  settledHere(account: string, address: string, outcome: 'right' | 'wrong' | 'undecided'): void;
  /** The account's counts start again, on an operator's request. */
  forget(account: string): void;
  /**
   * Counts a question about a name that the snapshot does not know, before it is asked; false: not to be asked (R97). `account`: the member whom the
   * name means if it belongs to nobody; such a question is counted by account and address, apart from those about strangers.
   */
  takeLookUp(address: string, account?: string): boolean;
  /** It was somebody's who may come in, or was not answered. */
  giveBackLookUp(address: string, account?: string): void;
}

/** A password that is about to be sent upstream, for all instances to decide about. */
export interface SharedQuestion {
  readonly account: string;
  /** Whose name that is, as `CredentialKey.person`. */
  readonly person: string;
  /** As the session has it. */
  readonly address: string;
  /** Unchanged until the call has returned. */
  readonly password: Buffer;
  /** Good only once: nothing of it is recalled. */
  readonly isOneTime: boolean;
  /** Its refusal is about the password, and may be recalled. */
  readonly keepsRefusal: boolean;
  /** What the account looks like in the directory; undefined where it is not known. */
  readonly version: string | undefined;
}

/** Leave to send one password upstream, counted before. */
export interface Permit {
  /** What has become of it, once. `times`: how often it was sent. */
  settled(outcome: 'right' | 'wrong' | 'undecided', times?: number): void;
}

/** `alone`: the others cannot be asked, so this instance's own counts decide; they learn the outcome later. */
export type SharedDecision =
  | { readonly kind: 'allowed' | 'alone'; readonly permit: Permit }
  | { readonly kind: 'refused' | 'accepted' | 'account' | 'address' };

/** What several instances know and count together. */
export interface SharedDecisions {
  /** Decides immediately, or calls `decided` exactly once and in bounded time, never before it has returned. */
  decide(question: SharedQuestion, decided: (decision: SharedDecision) => void): SharedDecision | undefined;
}

/** Time as an argument: milliseconds, monotonic. */
export type Clock = () => number;
