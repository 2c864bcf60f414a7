// The operations under way on one connection: in which order they begin, and whose turn it is (RFC 4511 3.1, 4.2.1).
import { Work } from '../directory/work.js';
import type { Ended, Operation, Outstanding } from '../gate/operation.js';
import type { World } from '../gate/world.js';
import type { SearchResultEntry } from '../ldap/message.js';
import type { Budget } from './budget.js';
import type { Recording } from './response-cache.js';

/** An operation under way. */
export class Running {
  /** For Operations alone: true until it is woken. */
  isWaiting = false;

  /**
   * `context`: what it was begun with; its session follows these rules. `octets`: bytes of its request, which it may hold until it ends, plus its
   * weight. `secret`: bytes of the request that hold a password, wiped when it ends, even if a part is wiped already. `recording` collects what is
   * sent, if the response may be kept.
   */
  constructor(
    readonly messageID: number,
    readonly operation: Operation,
    readonly context: World,
    readonly octets: number,
    readonly secret: Buffer | undefined,
    readonly recording: Recording | undefined,
  ) {}
}

/** Who carries out what operations have to say. */
export interface Owner {
  /** True while the client takes more. */
  mayEmit(): boolean;
  /** Returns the bytes that the entry took. */
  entry(running: Running, entry: SearchResultEntry): number;
  ended(running: Running, ended: Ended): void;
  /** An operation no longer waits: `run` must be called soon, and never from here. */
  woken(): void;
}

/** What the connection shares with others of its address. */
export interface Shares {
  /** What their requests may hold together. */
  readonly requests: Budget;
  /** What the searches of one connection may hold for sorting. */
  rankedOfConnection(): Budget;
}

/** Units of work of one operation before the next one of the same connection has its turn. */
const SHARE = 2000;

/** Units that encoding an entry costs beside its bytes: about a microsecond. */
const ENCODING = 8;

/** What one operation may spend in its turn. One has its turn at a time, in the whole process. */
const share = new Work(0);

/** The operations of one connection: starts them in order, and gives each its turns. Nothing starts while a bind runs (R10). */
export class Operations implements Outstanding {
  /** Searches: the one whose turn it is comes first. */
  private searches: Running[] = [];
  /** It waits until all before it have ended, and nothing begins before it has ended (R10). */
  private bind: Running | undefined;
  /** Those that nobody waits for any more, and that still have something to learn. */
  private aborted: Running[] = [];
  /** See Outstanding; made when it is asked for. */
  private rankedHere: Budget | undefined;
  /** Bytes of the requests under way. */
  octets = 0;
  /** The one that is being advanced: it is the one at fault if that throws. */
  current: Running | undefined;
  /** There is one bind at a time: one closure does for all of them. */
  private wakeBind: (() => void) | undefined;

  constructor(
    private readonly owner: Owner,
    private readonly shares: Shares,
  ) {}

  get ranked(): Budget {
    this.rankedHere ??= this.shares.rankedOfConnection();
    return this.rankedHere;
  }

  get size(): number {
    return this.searches.length + (this.bind === undefined ? 0 : 1);
  }

  has(messageID: number): boolean {
    return this.find(messageID) !== undefined;
  }

  /** True while a bind is under way or waits: what follows it is not taken up. */
  get isBarred(): boolean {
    return this.bind !== undefined;
  }

  /** True if one of them has something to do. */
  get canGoOn(): boolean {
    const { bind, searches, aborted } = this;
    if (searches.length > 0) return searches.some(isDue) || aborted.some(isDue);
    return (bind !== undefined && isDue(bind)) || (aborted.length > 0 && aborted.some(isDue));
  }

  /** Begins an operation. Returns the name of the limit if it has to be turned away. */
  add(running: Running): string | undefined {
    const { octets } = running;
    const { requests } = this.shares;
    if (!requests.take(octets)) return requests.limitFor(octets);
    if (running.operation.isBind) this.bind = running;
    else this.searches.push(running);
    this.octets += octets;
    return undefined;
  }

  /** Gives the operations their turns until the work is used up, the client takes no more, or all of them wait. `now` by their clock. */
  run(work: Work, now: number): void {
    if (this.aborted.length > 0) this.runAborted(now);
    if (this.searches.length > 0) this.runSearches(work, now);
    const { bind } = this;
    if (bind !== undefined && this.searches.length === 0 && isDue(bind) && this.owner.mayEmit())
      this.turn(bind, work, now);
  }

  private runSearches(work: Work, now: number): void {
    const { owner } = this;
    // An operation may end others: read `searches` again each time.
    for (let idle = 0; idle < this.searches.length && work.left > 0 && owner.mayEmit(); ) {
      const first = this.searches[0]!;
      if (!isDue(first)) idle++;
      else {
        idle = 0;
        this.turn(first, work, now);
        if (this.searches[0] !== first) continue;
      }
      if (this.searches.length > 1) this.searches.push(this.searches.shift()!);
    }
  }

  /** Ends one operation without a word; returns it if it was there (RFC 4511 4.11, RFC 3909). A bind cannot be abandoned. */
  abandon(messageID: number): Running | undefined {
    const running = this.find(messageID);
    if (running === undefined) return undefined;
    this.remove(running);
    running.operation.abort();
    return running;
  }

  /** Ends all but a bind; returns them, the oldest first. */
  endSearches(): readonly Running[] {
    const ended = [...this.searches].sort((one, other) => one.messageID - other.messageID);
    for (const running of ended) {
      this.remove(running);
      running.operation.abort();
    }
    return ended;
  }

  /** The client has left or is sent away: nothing is answered any more. */
  abortAll(): void {
    const all = this.bind === undefined ? this.searches : [...this.searches, this.bind];
    this.searches = [];
    this.bind = undefined;
    for (const running of all) {
      this.giveBack(running);
      const wasDue = isDue(running);
      if (running.operation.abort() === 'over') continue;
      this.aborted.push(running);
      // Not what wakes the connection's bind: this has stopped being one.
      this.wait(running, this.waker(running));
      // What it waited for was there already, and no second call will come.
      if (wasDue) this.wake(running);
    }
  }

  private wait(running: Running, wake: () => void): void {
    running.isWaiting = true;
    running.operation.wake = wake;
  }

  private wake(running: Running): void {
    running.isWaiting = false;
    this.owner.woken();
  }

  // Closures are made in methods of their own: a method that contains one allocates a context at each call, 50 bytes, even when it is not needed.

  private waker(running: Running): () => void {
    return () => this.wake(running);
  }

  private wakesBind(): () => void {
    this.wakeBind ??= this.bindWaker();
    return this.wakeBind;
  }

  private bindWaker(): () => void {
    return () => {
      if (this.bind !== undefined) this.wake(this.bind);
    };
  }

  /** One operation goes on for its share of work. There is work left, and the client takes more. */
  private turn(running: Running, work: Work, now: number): void {
    const { owner } = this;
    const { operation } = running;
    const granted = Math.min(SHARE, work.left);
    share.left = granted;
    this.current = running;
    do {
      const progress = operation.advance(share, now);
      if (progress === 'again') break;
      if (progress === 'waiting') {
        this.wait(running, operation.isBind ? this.wakesBind() : this.waker(running));
        break;
      }
      if ('kind' in progress) share.left -= ENCODING + (owner.entry(running, progress) >> 5);
      else {
        this.remove(running);
        owner.ended(running, progress);
        break;
      }
    } while (share.left > 0 && owner.mayEmit());
    this.current = undefined;
    // At least one unit: whatever an operation does, a turn ends.
    work.left -= Math.max(1, granted - share.left);
  }

  private runAborted(now: number): void {
    const due = this.aborted.filter(isDue);
    this.aborted = this.aborted.filter(({ isWaiting }) => isWaiting);
    for (const running of due) {
      this.current = running;
      running.operation.advance(share, now);
      this.current = undefined;
    }
  }

  private find(messageID: number): Running | undefined {
    return this.searches.find((running) => running.messageID === messageID);
  }

  private remove(running: Running): void {
    const { searches } = this;
    if (running === this.bind) this.bind = undefined;
    else if (searches.length === 1) searches.pop();
    else searches.splice(searches.indexOf(running), 1);
    this.giveBack(running);
  }

  private giveBack({ octets, secret }: Running): void {
    secret?.fill(0);
    this.octets -= octets;
    this.shares.requests.give(octets);
  }
}

function isDue({ isWaiting }: Running): boolean {
  return !isWaiting;
}
