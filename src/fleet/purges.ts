// Purges reach all instances: immediately by a message, and those that were cut off by a list when they are back.

import { setImmediate as turn } from 'node:timers/promises';
import { META_LIFE, MOST_LISTED, PURGE } from './decision-scripts/meta.js';
import type { FleetNames } from './names.js';
import type { Seal } from './seal.js';
import type { Store } from './store.js';

/**
 * Everything of an account, attempts included, by an operator's command (`forget`); what was accepted of it (`revoke`), or refused (`renew`); what
 * was accepted of all accounts (`revokeAll`).
 */
export type PurgeKind = 'forget' | 'revoke' | 'renew' | 'revokeAll';

export interface Purge {
  readonly kind: PurgeKind;
  /** Of all but `revokeAll`. */
  readonly account?: string | undefined;
  /** For `revoke`: sessions of the account become anonymous. */
  readonly sessions?: boolean | undefined;
}

/** What an instance goes on with when it shares by another configuration. */
export interface PurgesBefore {
  /** The number of the last purge that was received from the same store by the same names; undefined where there was none. */
  readonly last: number | undefined;
  /** Which store that was: one that was emptied has another epoch, and counts from the beginning. */
  readonly epoch: string | undefined;
  /** Announced, and not sent yet. */
  readonly waiting: readonly Purge[];
}

export interface PurgeOptions {
  readonly store: Store;
  readonly names: FleetNames;
  readonly realm: string;
  readonly seal: Seal;
  readonly random: (octets: number) => Buffer;
  /** Something waits although the store is up. */
  readonly stuck: () => void;
  /** Another instance has announced this purge. */
  readonly heard: (purge: Purge) => void;
  readonly before?: PurgesBefore | undefined;
}

/** Kept here for a store that is away: as many as it lists for others. */
const MOST_WAITING = MOST_LISTED;
/** Milliseconds for what nobody waits for. */
const PATIENT = 1000;
/** Of those that were missed, how many are done in one turn of the event loop: about 12 µs each. And how many are sent at the same time. */
const SLICE = 50;
const KINDS: readonly string[] = ['forget', 'revoke', 'renew', 'revokeAll'] satisfies PurgeKind[];

/** Purges for all instances: sent as messages, and listed in the store for those that missed them. Keeps at most 4,096. */
export class Purges {
  /** The number of the last one that was received; undefined before this instance has ever seen the store. */
  last: number | undefined;
  /** Receives the account of each `forget`, this instance's own included. */
  forgotten: (account: string) => void = () => {};
  private waiting: readonly Purge[];
  /** Messages before which others are missing, by their numbers: the next list has the others, and these once more. */
  private readonly early = new Map<number, string>();
  private readonly onTheirWay = new Set<Purge>();
  private readonly origin: string;
  private readonly leave: () => void;
  /** Of the store that `last` was received from before this one was made. */
  readonly epochBefore: string | undefined;

  constructor(private readonly options: PurgeOptions) {
    const { store, names, random, before } = options;
    this.last = before?.last;
    this.epochBefore = before?.epoch;
    this.waiting = before?.waiting ?? [];
    this.origin = random(9).toString('base64url');
    this.leave = store.subscribe(names.of('purged'), (message) => this.heardLive(message.toString('latin1')));
  }

  /** Sends it to all other instances; later, if the store is away. */
  announce(purge: Purge): void {
    const { store, stuck } = this.options;
    this.forget(purge);
    if (store.health !== 'well' || this.waiting.length > 0) return this.keep(purge);
    this.onTheirWay.add(purge);
    this.tell(purge)
      .catch(() => {
        this.keep(purge);
        stuck();
      })
      .finally(() => this.onTheirWay.delete(purge));
  }

  /** True while some must be sent once more. */
  get areWaiting(): boolean {
    return this.waiting.length > 0;
  }

  /** Announced, and not known to be in the store. */
  get unsent(): readonly Purge[] {
    return [...new Set([...this.onTheirWay, ...this.waiting])];
  }

  /** Those that wait at the moment. Rejects with StoreError where the store does not take one; the others are sent anyway. */
  async tellWaiting(isGivenUp: () => boolean): Promise<void> {
    const present = this.waiting;
    for (let i = 0; i < present.length && !isGivenUp(); i += SLICE)
      await Promise.all(present.slice(i, i + SLICE).map((purge) => this.tellKept(purge)));
  }

  private async tellKept(purge: Purge): Promise<void> {
    this.onTheirWay.add(purge);
    await this.tell(purge).finally(() => this.onTheirWay.delete(purge));
    this.waiting = this.waiting.filter((each) => each !== purge);
  }

  /**
   * Purges in the store that were not received: `gap` for more than it keeps. An instance that has not seen the store before may have let people in
   * without it, and nobody can say since when: all that are listed count, but its own count of attempts stays. Clients are served in between; once
   * `isGivenUp`, the rest counts as not received.
   */
  async caughtUp(last: number, missed: readonly string[], isGivenUp: () => boolean): Promise<void> {
    const isFirst = this.last === undefined;
    if (missed[0] === 'gap' || missed.length > MOST_LISTED) this.options.heard({ kind: 'revokeAll' });
    else
      for (let i = 0; i < missed.length; i++) {
        if (i > 0 && i % SLICE === 0) await turn();
        if (isGivenUp()) return;
        this.heardListed(missed[i]!, isFirst);
      }
    this.last = last;
    while (this.early.has(this.last + 1)) this.last++;
    this.early.clear();
  }

  /** The store has lost its data, and purges with it. It counts from the beginning. */
  otherStore(): void {
    this.options.heard({ kind: 'revokeAll' });
    this.last = 0;
  }

  close(): void {
    this.leave();
  }

  private keep(purge: Purge): void {
    // One on its way may have been carried out already, before what this one is about.
    if (this.waiting.some((each) => isSame(each, purge) && !this.onTheirWay.has(each))) return;
    this.waiting = [...this.waiting, purge];
    // Too many to list, here as in the store: what was accepted of all accounts is revoked then. Sessions go on, and attempts stay counted.
    if (this.waiting.length > MOST_WAITING) this.waiting = [{ kind: 'revokeAll' }];
  }

  private async tell({ kind, account, sessions }: Purge): Promise<void> {
    const { store, names, realm, seal } = this.options;
    const keys = [names.of('meta'), names.of('purges')];
    if (account !== undefined) keys.push(names.of('account', names.id(`account ${realm}`, account)));
    const text = JSON.stringify({ from: this.origin, kind, account, sessions });
    const message = seal.seal(Buffer.from(text), ['purge']).toString('base64url');
    await store.run(PURGE, keys, [kind, message, names.of('purged'), MOST_LISTED, META_LIFE], PATIENT);
  }

  /** Whatever its number is: one that has another store's is new anyway. */
  private heardLive(message: string): void {
    const [number, sealed] = partsOf(message);
    if (sealed === undefined || !this.open(sealed, false)) return;
    if (number - 1 === this.last) this.last = number;
    else if (this.early.size < MOST_LISTED) this.early.set(number, sealed);
  }

  private heardListed(message: string, mayBeOld: boolean): void {
    const [number, sealed] = partsOf(message);
    if (sealed === undefined || (this.last !== undefined && number <= this.last)) return;
    if (number - 1 === this.last) this.last = number;
    if (this.early.get(number) !== sealed) this.open(sealed, mayBeOld);
  }

  /** `mayBeOld`: from before the attempts that are counted here. False if no instance of this fleet has written it. */
  private open(sealed: string, mayBeOld: boolean): boolean {
    const { seal, heard } = this.options;
    const opened = seal.open(Buffer.from(sealed, 'base64url'), ['purge']);
    if (opened === undefined) return false;
    const { from, kind, account, sessions } = JSON.parse(opened.toString()) as Purge & { readonly from: string };
    if (from === this.origin || !KINDS.includes(kind)) return true;
    if (mayBeOld && kind === 'forget') heard({ kind: 'revoke', account });
    else {
      this.forget({ kind, account });
      heard({ kind, account, sessions });
    }
    return true;
  }

  private forget({ kind, account }: Purge): void {
    if (kind === 'forget' && account !== undefined) this.forgotten(account);
  }
}

function isSame(one: Purge, other: Purge): boolean {
  return one.kind === other.kind && one.account === other.account && one.sessions === other.sessions;
}

/** Its number and the sealed text, which is missing if it is neither. */
function partsOf(message: string): readonly [number: number, sealed: string | undefined] {
  const [, number, sealed] = /^(\d{1,15}) ([\w-]{1,8192})$/.exec(message) ?? [];
  return [Number(number), sealed];
}
