// What is known of users by their IDs: the name of each member, and of those whom LDAP lacks whether LDAP should have them.
import { textKey } from '../../ldap/matching.js';
import type { Steps } from '../../runtime/cooperative.js';
import { ShardedMap } from '../../runtime/sharded-map.js';
import type { CloudApi, CloudUser } from '../ports.js';

/** Runs work in slices, with turns for everybody else in between. */
export type InSlices = <Result>(steps: Steps<Result>) => Promise<Result>;

/** Names that the directory takes for the same have the same. */
export function keyOfUser(name: string): string {
  return textKey('uid', name) ?? name.toLowerCase();
}

/** Milliseconds for which somebody whom LDAP need not have is not asked about again. */
const KEPT = 3_600_000;
/** Users that are asked about one by one, rather than by the whole list. */
const FEW = 10;
/** Users in a page of a list. */
const PAGE = 100;
/** Names and answers that are kept: beyond, all are forgotten. */
const MOST_KEPT = 200_000;
const MOST_DOUBTED = 1000;

interface Answer {
  readonly isExpected: boolean;
  /** By the clock. */
  readonly at: number;
}

type Asked = Pick<CloudApi, 'userById' | 'users' | 'usersOfServer' | 'bindingsOfUser'>;

/** Names and states of users by ID, learned a hundred at a time. */
export class KnownUsers {
  /** Calls that were made. */
  calls = 0;
  /** An empty name: there is no such user any more. */
  private names = new ShardedMap<string>();
  private answers = new ShardedMap<Answer>();
  /** By their keys: what was answered about them does not count any more; and those doubted since the comparison began. */
  private readonly doubted = new Set<string>();
  private readonly doubtedSince = new Set<string>();
  /** Users in all, once a list has said so. */
  private total: number | undefined;
  /** Where reading the list of all users goes on. */
  private place = 0;

  constructor(
    private readonly api: Asked,
    /** Milliseconds, never going back. */
    private readonly clock: () => number,
    private readonly inSlices: InSlices,
  ) {}

  /** A comparison begins. */
  begin(): void {
    if (this.names.size > MOST_KEPT) this.names = new ShardedMap();
    if (this.answers.size > MOST_KEPT) this.answers = new ShardedMap();
    for (const key of this.doubtedSince) this.doubted.add(key);
    this.doubtedSince.clear();
  }

  /** It has ended well: everybody who was doubted before it was asked about. */
  end(): void {
    this.doubted.clear();
  }

  /** Undefined for an ID that is not known, an empty text for a user that is gone. */
  nameOf(id: string): string | undefined {
    return this.names.get(id);
  }

  /** LDAP should have the user, as was found at that time or later. */
  isExpected(id: string, since: number): boolean {
    const answer = this.answers.get(id);
    return answer?.isExpected === true && answer.at >= since;
  }

  /** LDAP need not have the user, as was found within the last hour. */
  isUnexpected(id: string): boolean {
    const answer = this.answers.get(id);
    if (answer === undefined || answer.isExpected || this.clock() - answer.at >= KEPT) return false;
    const key = keyOfUser(this.names.get(id) ?? '');
    return !this.doubted.has(key) && !this.doubtedSince.has(key);
  }

  /** An event says that the user has changed. */
  doubt(name: string): void {
    if (this.doubtedSince.size < MOST_DOUBTED) this.doubtedSince.add(keyOfUser(name));
  }

  /** Afterwards the names of these are known. Rejects with a CloudError; what was learned until then is kept. */
  async learn(ids: readonly string[]): Promise<void> {
    if (ids.length > this.few) await this.readAll((page) => this.keepNames(page), ids.length);
    const left = await this.inSlices(chosen(ids, (id) => !this.names.has(id)));
    for (const id of left) await this.ask(id);
  }

  /** Afterwards it is known whether LDAP should have these. `servers`: the LDAP directories that their group is bound to. */
  async look(ids: readonly string[], servers: readonly string[]): Promise<void> {
    if (ids.length > this.few) return this.lookAtAll(ids, servers);
    for (const id of ids) await this.lookAt(id);
  }

  private async lookAt(id: string): Promise<void> {
    const user = await this.ask(id);
    let isExpected = user !== undefined && isActive(user);
    if (isExpected) {
      this.calls++;
      isExpected = (await this.api.bindingsOfUser('lag', id)).length > 0;
    }
    this.answers.set(id, { isExpected, at: this.clock() });
  }

  /** Of all of JumpCloud's users the active ones among these, and which of them are bound. */
  private async lookAtAll(ids: readonly string[], servers: readonly string[]): Promise<void> {
    const at = this.clock();
    const active = new ShardedMap<boolean>();
    this.place = 0;
    await this.readAll((page) => {
      this.keepNames(page);
      for (const user of page) if (isActive(user)) active.set(user.id, false);
    });
    for (const server of servers) {
      for await (const page of this.api.usersOfServer('lag', server)) {
        this.calls++;
        for (const id of page) if (active.has(id)) active.set(id, true);
      }
    }
    await this.inSlices(this.answer(ids, active, at));
  }

  private *answer(ids: readonly string[], active: ShardedMap<boolean>, at: number): Steps<void> {
    for (const id of ids) {
      this.answers.set(id, { isExpected: active.get(id) === true, at });
      yield;
    }
  }

  /** Up to this many users cost no more one by one than all users as a list. */
  private get few(): number {
    return Math.max(FEW, Math.floor((this.total ?? 0) / PAGE));
  }

  private async ask(id: string): Promise<CloudUser | undefined> {
    this.calls++;
    const user = await this.api.userById('lag', id);
    this.names.set(id, user?.username ?? '');
    return user;
  }

  /** Continues where the last reading was broken off. It is also broken off when calls for the single users cost less. */
  private async readAll(keep: (page: readonly CloudUser[]) => void, most = Number.POSITIVE_INFINITY): Promise<void> {
    for await (const { users, next, total } of this.api.users('lag', this.place)) {
      this.calls++;
      keep(users);
      this.total = total ?? this.total;
      this.place = next ?? 0;
      if ((this.total ?? 0) / PAGE > most) return;
    }
  }

  private keepNames(users: readonly CloudUser[]): void {
    for (const { id, username } of users) this.names.set(id, username);
  }
}

/** Those of which it holds. */
export function* chosen<Item>(items: Iterable<Item>, holds: (item: Item) => boolean): Steps<Item[]> {
  const found: Item[] = [];
  for (const item of items) {
    if (holds(item)) found.push(item);
    yield;
  }
  return found;
}

/** A user who is not active may be missing from LDAP for that reason. */
function isActive(user: CloudUser): boolean {
  const { state, isActivated, isSuspended, isLocked, isPasswordExpired, authority } = user;
  const hasPassword = isActivated || authority !== undefined;
  return state === 'activated' && hasPassword && !isSuspended && !isLocked && !isPasswordExpired;
}
