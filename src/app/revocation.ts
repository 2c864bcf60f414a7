// What JumpCloud's events change here immediately: cached passwords, sessions, and the mirror, which is read again. Attempts stay counted.

import { EventPoll, type PollOutcome } from '../cloud/events.js';
import { type CloudApi, type CloudEvent, TOO_LONG } from '../cloud/ports.js';
import type { Mirror } from '../directory/mirror.js';
import type { CredentialCache } from '../gate/bind/credential-cache.js';
import { accountKey } from '../gate/bind/revocations.js';
import type { RevocationCounts } from '../ops/state.js';
import type { Steps } from '../runtime/cooperative.js';
import { Generations } from '../runtime/generations.js';
import { inTurns } from '../runtime/in-turns.js';
import { EventReads } from './event-reads.js';

/** Events by what they mean here: a closed list. */
export type EventKind = keyof typeof EFFECTS;

interface Effect {
  /** Accepted passwords of the account are forgotten, or refused ones; `everybody`: accepted ones of all accounts. */
  readonly accepted?: boolean;
  readonly refused?: boolean;
  readonly everybody?: boolean;
  /** Its sessions become anonymous. */
  readonly sessions?: boolean;
  /** The mirror is read again. */
  readonly read?: boolean;
}

const EFFECTS = {
  suspended: { accepted: true, sessions: true, read: true },
  unsuspended: { refused: true, read: true },
  locked: { accepted: true, sessions: true, read: true },
  unlocked: { refused: true, read: true },
  deleted: { accepted: true, sessions: true, read: true },
  password: { accepted: true, refused: true, sessions: true, read: true },
  expired: { accepted: true, sessions: true, read: true },
  mfa: { accepted: true },
  policy: { everybody: true },
  changed: { accepted: true, refused: true, read: true },
  renamed: { accepted: true, refused: true, sessions: true, read: true },
  membership: { read: true },
  /** What it says is not known. */
  unreadable: { everybody: true, read: true },
  other: {},
} satisfies Readonly<Record<string, Effect>>;

const KINDS: ReadonlyMap<string, EventKind> = new Map([
  ['user_suspended', 'suspended'],
  ['user_unsuspended', 'unsuspended'],
  ['user_lockout', 'locked'],
  ['user_unlocked', 'unlocked'],
  ['user_delete', 'deleted'],
  ['user_password_change', 'password'],
  ['user_password_set', 'password'],
  ['user_password_expired', 'expired'],
  ['user_update', 'changed'],
  ['user_activated', 'changed'],
  ['user_create', 'membership'],
  ['association_change', 'membership'],
  ['group_create', 'membership'],
  ['group_update', 'membership'],
  ['group_delete', 'membership'],
  [TOO_LONG, 'unreadable'],
] as const);

/** The cached passwords, as far as revocations change them. */
export interface RevokedMemory extends Pick<CredentialCache, 'renew' | 'revokeAll'> {
  /** `sessions`: if other instances are informed, they end the account's sessions as well. */
  revoke(account: string, sessions: boolean): void;
}

export interface RevocationParts {
  readonly credentialCache: () => RevokedMemory;
  readonly mirror: () => Mirror;
  /** Makes the sessions of the users for whom it returns true anonymous; returns their number. */
  readonly revokeSessions: (isRevoked: (uid: string) => boolean) => Steps<number>;
  /** For the log. */
  readonly revoked: (account: string, kinds: readonly EventKind[], sessions: number) => void;
  readonly moreRevoked: (accounts: number) => void;
  /** For the log: the number of events that did not name their account, after which all cached passwords were dropped. */
  readonly unresolved: (kinds: readonly EventKind[], events: number) => void;
  /** Members may be other ones now. */
  readonly membersChanged?: () => void;
  /** The user's name by its ID, as far as it is known; empty for a user that is gone. */
  readonly nameOf?: (id: string) => string | undefined;
  /** Something about this user has changed. */
  readonly userChanged?: (name: string) => void;
  readonly turned: (outcome: PollOutcome) => void;
  readonly gap: () => void;
  readonly defect: (error: unknown) => void;
  readonly clock?: () => number;
  readonly now?: () => number;
  readonly random?: () => number;
  /** Milliseconds between two reads at least, for tests. */
  readonly between?: number;
}

/** Milliseconds of the event loop that are taken at a time. */
const SLICE = 0.4;
/** Lines of the log for the accounts of one page of events. */
const MOST_LINES = 10;
const MOST_RENAMED = 1000;

/** Applies JumpCloud's events: drops cached passwords, ends sessions, has the directory read. Attempts stay counted. Bounded by the poll's limits. */
export class Revocation {
  readonly poll: EventPoll;
  private readonly events = new Map<EventKind, number>();
  private sessions = 0;
  /** Of users whose name has changed, by their IDs: what is known of them elsewhere may be the former one. */
  private readonly newNames = new Generations<string>(MOST_RENAMED);
  private delay: number | undefined;
  private readonly reads: EventReads;
  private readonly clock: () => number;
  private readonly now: () => number;

  constructor(private readonly parts: RevocationParts) {
    const { clock = () => performance.now(), now = Date.now, random = Math.random, turned, defect } = parts;
    this.clock = clock;
    this.now = now;
    this.reads = new EventReads({
      ...(parts.between === undefined ? {} : { between: parts.between }),
      clock,
      read: () => void parts.mirror().refreshNow().catch(defect),
    });
    this.poll = new EventPoll({
      ...{ clock, now, random, turned, defect },
      seen: (events) => this.apply(events),
      gap: () => this.missed(),
    });
  }

  /** Asks there from now on. Another one goes on from where the last one was. */
  start(api: Pick<CloudApi, 'events'>): void {
    this.poll.use(api);
  }

  stop(): void {
    this.poll.use(undefined);
    this.reads.stop();
  }

  get counts(): RevocationCounts {
    const { polls, lastGood } = this.poll;
    const age = lastGood === undefined ? undefined : this.clock() - lastGood;
    return { polls, events: this.events, sessions: this.sessions, age, delay: this.delay };
  }

  /** Carries out what these events mean, in steps. */
  async apply(events: readonly CloudEvent[]): Promise<void> {
    const accounts = new Map<string, Account>();
    const unresolved: EventKind[] = [];
    await inTurns(this.sort(events, accounts, unresolved), SLICE);
    if (unresolved.length > 0) this.forgetAll(unresolved);
    await inTurns(this.forget(accounts), SLICE);
    const ended = [...accounts.values()].filter(({ effect }) => effect.sessions === true);
    if (ended.length > 0) await this.endSessions(new Map(ended.map((account) => [account.key, account])));
    this.tell(accounts);
  }

  /** Some lines, and one for all others. */
  private tell(accounts: ReadonlyMap<string, Account>): void {
    let left = accounts.size;
    for (const { name, kinds, count } of accounts.values()) {
      if (left <= accounts.size - MOST_LINES) return this.parts.moreRevoked(left);
      this.parts.revoked(name, [...kinds], count);
      left--;
    }
  }

  /** `unresolved`: is given the kinds of those events that do not say whose they are. */
  private *sort(events: readonly CloudEvent[], accounts: Map<string, Account>, unresolved: EventKind[]): Steps<void> {
    for (const event of events) {
      const kind = kindOf(event);
      this.events.set(kind, (this.events.get(kind) ?? 0) + 1);
      const effect: Effect = EFFECTS[kind];
      if (effect.everybody === true) this.parts.credentialCache().revokeAll();
      if (effect.read === true) this.reads.soon();
      if (effect.read === true) this.parts.membersChanged?.();
      if (kind !== 'other' && kind !== 'unreadable') this.delay = Math.max(0, this.now() - event.at);
      const { names, isAll } = this.namesOf(event, effect);
      if (!isAll && effect.accepted === true) unresolved.push(kind);
      for (const name of names) {
        add(accounts, name, kind, effect);
        this.parts.userChanged?.(name);
      }
      yield;
    }
  }

  /** The user names of those whom it is about. `isAll`: false where it could be about others as well. */
  private namesOf(
    { username = '', renamed, subject = '' }: CloudEvent,
    { accepted, refused }: Effect,
  ): { names: Iterable<string>; isAll: boolean } {
    if (renamed?.length === 2 && subject !== '') this.newNames.set(subject, renamed[1] ?? '');
    const given = [username, ...(renamed ?? [])].filter((name) => name !== '');
    const found = given.map((name) => this.userNamesOf(name));
    const names = new Set(found.flat());
    if (renamed !== undefined && renamed.length < 2) return { names, isAll: false };
    if (given.length > 0 && found.every(({ length }) => length > 0)) return { names, isAll: true };
    if (accepted !== true && refused !== true) return { names, isAll: false };
    const known = this.newNames.find(subject) ?? this.parts.nameOf?.(subject) ?? '';
    return known === '' ? { names, isAll: false } : { names: names.add(known), isAll: true };
  }

  /** A mail address leads to the user that has it; none where nobody has it, or more than one. */
  private userNamesOf(name: string): readonly string[] {
    if (!name.includes('@')) return [name];
    const { snapshot } = this.parts.mirror();
    return (['uid', 'mail'] as const).flatMap((attribute) => {
      const known = snapshot?.named(attribute, name);
      return known === undefined || known === 'ambiguous' ? [] : [known.uid];
    });
  }

  /** Whom it is about may be anybody. */
  private forgetAll(kinds: readonly EventKind[]): void {
    this.parts.credentialCache().revokeAll();
    this.reads.soon();
    this.parts.unresolved([...new Set(kinds)], kinds.length);
  }

  private *forget(accounts: ReadonlyMap<string, Account>): Steps<void> {
    for (const { name, effect } of accounts.values()) {
      const cache = this.parts.credentialCache();
      for (const account of this.spellingsOf(name)) {
        if (effect.accepted === true) cache.revoke(account, effect.sessions === true);
        if (effect.refused === true) cache.renew(account);
      }
      yield;
    }
  }

  /** The name as in the events, and as in the directory, which is the key of cached passwords. */
  private spellingsOf(name: string): ReadonlySet<string> {
    const known = this.parts.mirror().snapshot?.named('uid', name);
    return new Set(known === undefined || known === 'ambiguous' ? [name] : [name, known.uid]);
  }

  private async endSessions(accounts: ReadonlyMap<string, Account>): Promise<void> {
    const isRevoked = (uid: string) => {
      const account = accounts.get(accountKey(uid));
      if (account !== undefined) account.count++;
      return account !== undefined;
    };
    this.sessions += await inTurns(this.parts.revokeSessions(isRevoked), SLICE);
  }

  /** Too much was missed to know what has happened. */
  private missed(): void {
    this.parts.credentialCache().revokeAll();
    this.reads.soon();
    this.parts.gap();
  }
}

interface Account {
  readonly name: string;
  readonly key: string;
  readonly kinds: Set<EventKind>;
  effect: Effect;
  /** Sessions that ended. */
  count: number;
}

function add(accounts: Map<string, Account>, name: string, kind: EventKind, effect: Effect): void {
  if (kind === 'other' || kind === 'membership') return;
  const key = accountKey(name);
  const known = accounts.get(key);
  if (known === undefined) accounts.set(key, { name, key, kinds: new Set([kind]), effect, count: 0 });
  else {
    known.kinds.add(kind);
    known.effect = { ...known.effect, ...effect };
  }
}

/** What an event means here; `other` for one that changes nothing. */
export function kindOf({ type, success, renamed }: Pick<CloudEvent, 'type' | 'success' | 'renamed'>): EventKind {
  const known = KINDS.get(type);
  // What was tried and did not succeed has changed nothing; but an attempt that locked the account has.
  if (success === false && known !== 'locked') return 'other';
  if (known === 'changed' && renamed !== undefined) return 'renamed';
  if (known !== undefined) return known;
  if (type.startsWith('user_mfa_')) return 'mfa';
  return type.startsWith('authnpolicy_') ? 'policy' : 'other';
}
