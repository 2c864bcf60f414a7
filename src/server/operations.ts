// The operations under way on one connection: in which order they begin, and whose turn it is (RFC 4511 3.1, 4.2.1).
import { Work } from '../directory/work.js';
import type { Ended, Operation, Outstanding } from '../gate/operation.js';
import type { World } from '../gate/world.js';
import type { SearchResultEntry } from '../ldap/message.js';
import type { Budget } from './budget.js';
import type { Recording } from './response-cache.js';

/** An operation under way. */
export interface Running {
  readonly messageID: number;
  readonly operation: Operation;
  /** What it was begun by: its session is one of these rules. */
  readonly context: World;
  /** Octets of its request, which it may hold until it ends, and its weight. */
  readonly octets: number;
  /** Octets of the request that hold a password: wiped when it ends, whoever else has wiped a part of them. */
  readonly secret?: Buffer | undefined;
  /** Collects what is sent, if the response may be kept. */
  readonly recording: Recording | undefined;
}

/** Who carries out what operations have to say. */
export interface Owner {
  /** True while the client takes more. */
  mayEmit(): boolean;
  /** Returns the octets that the entry took. */
  entry(running: Running, entry: SearchResultEntry): number;
  ended(running: Running, ended: Ended): void;
  /** An operation waits no more: `run` is to be called soon, and never from here. */
  woken(): void;
}

class Place {
  isWaiting = false;

  constructor(readonly running: Running) {}
}

/** Units of work of one operation before the next one of the same connection has its turn. */
const SHARE = 2000;

/** Units that encoding an entry costs beside its octets: about a microsecond. */
const ENCODING = 8;

export class Operations implements Outstanding {
  /** Searches: the one whose turn it is comes first. */
  private places: Place[] = [];
  /** It waits until all before it have ended, and nothing begins before it has ended (R10). */
  private bind: Place | undefined;
  /** Those that nobody waits for any more, and that still have something to learn. */
  private aborted: Place[] = [];
  private readonly share = new Work(0);
  /** Octets of the requests under way. */
  octets = 0;
  /** The one that is being advanced: it is the one at fault if that throws. */
  current: Running | undefined;

  /** `requests`: what the requests of this address may hold together. `ranked`: see Outstanding. */
  constructor(
    private readonly owner: Owner,
    private readonly requests: Budget,
    readonly ranked: Budget,
  ) {}

  get size(): number {
    return this.places.length + (this.bind === undefined ? 0 : 1);
  }

  has(messageID: number): boolean {
    return this.find(messageID) !== undefined;
  }

  /** True while a bind is under way or waits: what is behind it is not taken up. */
  get isBarred(): boolean {
    return this.bind !== undefined;
  }

  /** True if one of them has something to do. */
  get canGoOn(): boolean {
    if (this.places.some(isDue) || this.aborted.some(isDue)) return true;
    return this.bind !== undefined && this.places.length === 0 && isDue(this.bind);
  }

  /** Begins an operation. Returns the name of the limit if it has to be turned away. */
  add(running: Running): string | undefined {
    const { operation, octets } = running;
    if (!this.requests.take(octets)) return this.requests.limitFor(octets);
    const place = new Place(running);
    operation.wake = () => {
      place.isWaiting = false;
      this.owner.woken();
    };
    if (operation.isBind) this.bind = place;
    else this.places.push(place);
    this.octets += octets;
    return undefined;
  }

  /** Gives the operations their turns until the work is used up, the client takes no more, or all of them wait. */
  run(work: Work, now: () => number): void {
    if (this.aborted.length > 0) this.runAborted(now());
    for (let idle = 0; idle < this.places.length && work.left > 0 && this.owner.mayEmit(); ) {
      const place = this.places[0]!;
      if (!isDue(place)) idle++;
      else {
        idle = 0;
        this.turn(place, work, now());
        if (this.places[0] !== place) continue;
      }
      this.places.push(this.places.shift()!);
    }
    const { bind } = this;
    if (bind !== undefined && this.places.length === 0 && isDue(bind) && this.owner.mayEmit())
      this.turn(bind, work, now());
  }

  /** Ends one operation without a word; returns it if it was there (RFC 4511 4.11, RFC 3909). A bind cannot be abandoned. */
  abandon(messageID: number): Running | undefined {
    const place = this.find(messageID);
    if (place === undefined) return undefined;
    this.remove(place);
    place.running.operation.abort();
    return place.running;
  }

  /** The client has left or is sent away: nothing is answered any more. */
  abortAll(): void {
    const all = this.bind === undefined ? this.places : [...this.places, this.bind];
    this.places = [];
    this.bind = undefined;
    for (const place of all) {
      this.giveBack(place);
      place.isWaiting = true;
      if (place.running.operation.abort() === 'waiting') this.aborted.push(place);
    }
  }

  /** One operation goes on for its share of work. */
  private turn(place: Place, work: Work, now: number): void {
    const { share, owner } = this;
    const { running } = place;
    const granted = Math.min(SHARE, work.left);
    share.left = granted;
    this.current = running;
    while (share.left > 0 && owner.mayEmit()) {
      const progress = running.operation.advance(share, now);
      if (progress === 'again') break;
      if (progress === 'waiting') {
        place.isWaiting = true;
        break;
      }
      if ('kind' in progress) share.left -= ENCODING + (owner.entry(running, progress) >> 5);
      else {
        this.remove(place);
        owner.ended(running, progress);
        break;
      }
    }
    this.current = undefined;
    // At least one unit: whatever an operation does, a turn ends.
    work.left -= Math.max(1, granted - share.left);
  }

  private runAborted(now: number): void {
    const due = this.aborted.filter(isDue);
    this.aborted = this.aborted.filter((place) => !isDue(place));
    for (const { running } of due) {
      this.current = running;
      running.operation.advance(this.share, now);
      this.current = undefined;
    }
  }

  private find(messageID: number): Place | undefined {
    return this.places.find(({ running }) => running.messageID === messageID);
  }

  private remove(place: Place): void {
    if (place === this.bind) this.bind = undefined;
    else this.places.splice(this.places.indexOf(place), 1);
    this.giveBack(place);
  }

  private giveBack({ running: { octets, secret } }: Place): void {
    secret?.fill(0);
    this.octets -= octets;
    this.requests.give(octets);
  }
}

function isDue({ isWaiting }: Place): boolean {
  return !isWaiting;
}
