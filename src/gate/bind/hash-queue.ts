// The queue of password hashes: a few at a time, fair among addresses, and nothing is computed that nobody waits for.

/** `busy`: nothing was computed, for too many wait. `defect`: the hash function failed, which says nothing of the password. */
export type HashOutcome = 'right' | 'wrong' | 'busy' | 'defect';

export type HashDone = (outcome: HashOutcome, cause?: unknown) => void;

export interface HashRequest {
  /** At most one hash of an account is computed at a time. */
  readonly account: string;
  /** Equal for equal account and password only: equal checks wait for the same hash. A keyed hash, never the password. */
  readonly id: string;
  /** Where the client is: addresses take turns. */
  readonly address: string;
  /** True where the account logged in recently: its turn comes before all unknown clients, however many addresses they have. */
  readonly isKnown: boolean;
  /** Copied; the copy is wiped when it is not needed any more. */
  readonly password: Buffer;
  /** Slow, and off the event loop. Called at most once, and never within `check`. */
  readonly verify: (password: Buffer) => Promise<boolean>;
}

export interface HashQueueOptions {
  /** Hashes at a time. */
  readonly concurrency: number;
  /** Different passwords of one account that may wait for one address. */
  readonly waitingPerClient: number;
  /** Places for passwords that wait, of one address and in all; each takes one for every KiB of it. */
  readonly placesPerAddress: number;
  readonly places: number;
}

/**
 * Two of libuv's four threads: DNS and files need the others, and each hash takes 32 MiB. A person mistypes a few times, an application has one
 * password: four. A client that shares its address with a guesser who invents names waits for 64 at most: 3 s. A thousand passwords of a KiB are a
 * MiB.
 */
export const HASH_LIMITS: HashQueueOptions = {
  concurrency: 2,
  waitingPerClient: 4,
  placesPerAddress: 64,
  places: 1000,
};

const PLACE = 1024;

interface Waiter {
  readonly address: string;
  readonly done: HashDone;
  hasLeft: boolean;
}

interface Job {
  readonly request: Pick<HashRequest, 'account' | 'id' | 'verify' | 'isKnown'>;
  readonly password: Buffer;
  readonly places: number;
  readonly waiters: Set<Waiter>;
  /** The queue that it waits in; undefined once it runs. */
  line: Line | undefined;
}

/** What waits for one address, in the order of its arrival. */
interface Line {
  readonly address: string;
  readonly jobs: Job[];
  places: number;
}

/** Touches no clock and no thread itself: the hash function comes with each request. */
export class HashQueue {
  /** Waiting and running, by id. */
  private readonly jobs = new Map<string, Job>();
  /** By address. The first is the next to have its turn; no line is empty. */
  private readonly lines = new Map<string, Line>();
  /** Accounts of which a hash is being computed. */
  private readonly running = new Set<string>();
  private taken = 0;

  constructor(private readonly options: HashQueueOptions = HASH_LIMITS) {}

  /** Different passwords that wait. */
  get waiting(): number {
    return this.jobs.size - this.running.size;
  }

  /**
   * Calls `done` once, never synchronously; not at all once the returned function was called. What nobody waits for any more is not
   * computed, unless it is being computed already. A `done` that throws disturbs nobody else: it fails in a microtask of its own.
   */
  check(request: HashRequest, done: HashDone): () => void {
    const waiter: Waiter = { address: request.address, done, hasLeft: false };
    const job = this.jobs.get(request.id) ?? this.enter(request);
    if (job === undefined) {
      answer(waiter, 'busy');
    } else {
      job.waiters.add(waiter);
      this.fill();
    }
    return () => this.leave(waiter, job);
  }

  /** A new job at the end of its address's line; undefined if there is no room for it. */
  private enter({ account, id, address, isKnown, password, verify }: HashRequest): Job | undefined {
    const places = Math.max(1, Math.ceil(password.length / PLACE));
    if (!this.hasShare(account, address, places) || !this.makeRoom(places, this.placesOf(address), isKnown))
      return undefined;
    const request = { account, id, verify, isKnown };
    const job: Job = { request, password: Buffer.from(password), places, waiters: new Set(), line: undefined };
    this.jobs.set(id, job);
    this.stand(job, address);
    return job;
  }

  private hasShare(account: string, address: string, places: number): boolean {
    const { waitingPerClient, placesPerAddress } = this.options;
    const same = this.lines.get(address)?.jobs.filter((job) => job.request.account === account).length ?? 0;
    return same < waitingPerClient && this.placesOf(address) + places <= placesPerAddress;
  }

  private placesOf(address: string): number {
    return this.lines.get(address)?.places ?? 0;
  }

  /**
   * When all places are taken, an address that has more than its share loses its newest: one alone cannot keep the others out. Nor can many: a known
   * client takes the place of an unknown one.
   */
  private makeRoom(places: number, own: number, isKnown: boolean): boolean {
    while (this.taken + places > this.options.places) {
      let longest: Line | undefined;
      for (const line of this.lines.values()) if (line.places > (longest?.places ?? 0)) longest = line;
      const last = longest?.jobs.at(-1);
      if (longest === undefined || last === undefined) return false;
      if (longest.places <= own + places && (!isKnown || last.request.isKnown)) return false;
      this.end(last, 'busy');
    }
    return true;
  }

  /** Starts what may start. */
  private fill(): void {
    while (this.running.size < this.options.concurrency) {
      const job = this.next();
      if (job === undefined) return;
      this.running.add(job.request.account);
      void this.run(job);
    }
  }

  private next(): Job | undefined {
    return this.firstOf((job) => job.request.isKnown) ?? this.firstOf(() => true);
  }

  /** Of these the first in the line of the next address whose account is not being looked at; that address is then the last. */
  private firstOf(isMeant: (job: Job) => boolean): Job | undefined {
    for (const line of this.lines.values()) {
      const job = line.jobs.find((each) => !this.running.has(each.request.account) && isMeant(each));
      if (job === undefined) continue;
      this.unstand(job);
      if (this.lines.delete(line.address)) this.lines.set(line.address, line);
      return job;
    }
    return undefined;
  }

  private async run(job: Job): Promise<void> {
    let outcome: HashOutcome = 'defect';
    let cause: unknown;
    try {
      // Not within the caller's turn, whatever the hash function does.
      await Promise.resolve();
      outcome = (await job.request.verify(job.password)) === true ? 'right' : 'wrong';
    } catch (error) {
      cause = error;
    }
    this.running.delete(job.request.account);
    this.end(job, outcome, cause);
    this.fill();
  }

  /** The job is over: answered, displaced, or left by everybody. */
  private end(job: Job, outcome: HashOutcome, cause?: unknown): void {
    this.unstand(job);
    this.jobs.delete(job.request.id);
    job.password.fill(0);
    for (const waiter of job.waiters) answer(waiter, outcome, cause);
  }

  private leave(waiter: Waiter, job: Job | undefined): void {
    waiter.hasLeft = true;
    if (job?.waiters.delete(waiter) !== true || job.line === undefined) return;
    const [first] = job.waiters;
    if (first === undefined) return this.end(job, 'busy');
    // It goes on at the cost of somebody who still waits for it.
    const { address } = job.line;
    if (waiter.address !== address) return;
    for (const other of job.waiters) if (other.address === address) return;
    this.unstand(job);
    this.stand(job, first.address);
  }

  private stand(job: Job, address: string): void {
    const line = this.lines.get(address) ?? { address, jobs: [], places: 0 };
    this.lines.set(address, line);
    line.jobs.push(job);
    line.places += job.places;
    this.taken += job.places;
    job.line = line;
  }

  private unstand(job: Job): void {
    const { line } = job;
    if (line === undefined) return;
    line.jobs.splice(line.jobs.indexOf(job), 1);
    line.places -= job.places;
    this.taken -= job.places;
    if (line.jobs.length === 0) this.lines.delete(line.address);
    job.line = undefined;
  }
}

function answer(waiter: Waiter, outcome: HashOutcome, cause?: unknown): void {
  queueMicrotask(() => {
    if (!waiter.hasLeft) waiter.done(outcome, cause);
  });
}
