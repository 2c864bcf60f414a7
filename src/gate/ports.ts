// What the gate needs from the rest, said by the gate: small interfaces that upstream/ and app.ts fill in.

import type { PolicyNews } from '../ldap/message.js';

/** What became of one password check upstream. `policy`: where it was asked for, and answered. */
export type Verdict =
  | { readonly kind: 'accepted'; readonly policy?: PolicyNews }
  /** The upstream answered invalidCredentials (49). */
  /** `asked`: how often it was sent, if more than once, for the first answer was lost. */
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

/** Whoever asks about a password: an object and not a function, for there is one for each bind anyway. */
export interface VerdictReceiver {
  /** Called exactly once, never before `verify` has returned. */
  told(verdict: Verdict): void;
}

/** One who waits for a verdict. */
export interface VerdictWait {
  /** Nobody waits for it any more (the client left). May be called at any time and again. */
  leave(): void;
}

/**
 * Verifies a password by a bind upstream as `dn`, in bounded time, on connections that are used for nothing else. It asks once for binds that
 * are equal and run at the same time. `id` is equal for equal name and password only; undefined:
 * this one is shared with nobody (R118). One that joins a bind under way is not told any more after it has left, and is told of a policy
 * only where the first one has asked. `asksPolicy`: with the password policy control. The password's octets are its own: the caller's buffer may be wiped as soon as `verify` has returned.
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
  | { readonly kind: 'member'; readonly uid: string; readonly upstreamDN: string }
  | { readonly kind: 'nobody' }
  /** An account that is there and not in the group. Clients are told the same as for nobody; the operator is not. */
  | { readonly kind: 'outsider'; readonly uid?: string }
  | { readonly kind: 'ambiguous' }
  /** Not asked: too many others are being asked about. */
  | { readonly kind: 'busy' }
  | { readonly kind: 'trouble'; readonly detail: string };

/** Asks the upstream about one name, bounded in number and time; equal names in flight share one question. */
export interface NameLookups {
  /**
   * A name that the snapshot does not know. If there is one, a member that is found is in the next when `done` is called. `isFirst`: the
   * upstream was asked for this call, and not for an earlier one. `isOfMember`: a member is meant if it is nobody's; strangers' questions
   * take no room from these.
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

/** Look-ups for several apps: who is in no gate of an app is an outsider for it, whatever the others say. */
export interface GateLookups {
  /** `gates`: the app's groups by their configured names; `everyone`: whoever belongs in the mirror. Questions and answers are shared. */
  forGates(gates: readonly string[] | 'everyone'): NameLookups;
}

export type Permission = 'allowed' | 'account' | 'address';

/**
 * Counts checks of passwords, those that reach the upstream and those made here, and questions about names. Accounts are told apart by
 * kind as well: what is counted for one upstream says nothing of one checked here. `address`: as the session has it. `now`: milliseconds by
 * the clock, where the caller has looked at it already.
 */
export interface RateLimiter {
  /** Counts one password check for the account before it is forwarded, or says which of the two has used up its window. */
  take(account: string, address: string, now?: number): Permission;
  /** The same where all instances together have let it through: what this one has counted of the account alone is out of date then. */
  takeShared(account: string, address: string, now?: number): Permission;
  /** All instances together have not let it through. */
  refusedByAll(limit: 'account' | 'address'): void;
  /** What `take` would say, without counting. */
  ask(account: string, address: string): Permission;
  /** Whether what is remembered of the account, or being asked, may let somebody in: a guess at that is one as well (R113). */
  mayRecall(account: string, address: string, now?: number): boolean;
  /** What was taken is settled: a right password, and the account starts anew (R96). */
  succeeded(account: string, address: string, now?: number): void;
  /** A wrong one: it counts against the address it came from as well (R97). */
  failed(account: string, address: string, times?: number): void;
  /** Let in without a question upstream, by what is remembered or was asked for another: it is known where. */
  loggedIn(account: string, address: string, now?: number): void;
  /** No answer about the password came (an outage): nothing is counted (R96). */
  undecided(account: string, address: string): void;
  /** The same for a password that is checked here (R113). */
  takeHere(account: string, address: string): Permission;
  askHere(account: string, address: string): Permission;
  /** True where it logged in lately. */
  isKnownHere(account: string, address: string): boolean;
  settledHere(account: string, address: string, outcome: 'right' | 'wrong' | 'undecided'): void;
  /** The account starts anew, by an operator's word. */
  forget(account: string): void;
  /**
   * Counts a question about a name that the snapshot does not know, before it is asked; false: not to be asked (R97). `account`: the member
   * whom the name means if it is nobody's; such a question is counted by the account and the address, apart from those about strangers.
   */
  takeLookUp(address: string, account?: string): boolean;
  /** It was somebody's who may come in, or was not answered. */
  giveBackLookUp(address: string, account?: string): void;
}

/** A password that is about to be sent upstream, for all instances to decide about. */
export interface SharedQuestion {
  readonly account: string;
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

/** `alone`: the others cannot be asked, and this instance's own counts decide; what becomes of it is told to them later. */
export type SharedDecision =
  | { readonly kind: 'allowed' | 'alone'; readonly permit: Permit }
  | { readonly kind: 'refused' | 'accepted' | 'account' | 'address' };

/** What several instances know and count together. */
export interface SharedDecisions {
  /** Decides at once, or calls `decided` exactly once and in bounded time, never before it has returned. */
  decide(question: SharedQuestion, decided: (decision: SharedDecision) => void): SharedDecision | undefined;
}

/** Time as an argument: milliseconds, monotonic. */
export type Clock = () => number;
