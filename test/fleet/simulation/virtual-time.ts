// Virtual time for many processes in one: events in their order, timers of the product among them, and no real waiting.

/** A simulated process: what it has begun ends with it, and waits while it is stopped. */
export class Owner {
  isDead = false;
  isPaused = false;
  /** What came due while it was stopped. */
  readonly held: Event[] = [];

  constructor(readonly name: string) {}
}

export type Kind = 'timer' | 'message';

interface Event {
  readonly at: number;
  readonly order: number;
  readonly owner: Owner;
  readonly kind: Kind;
  readonly act: () => void;
  isGone: boolean;
}

const REAL = { setTimeout, clearTimeout, setImmediate, clearImmediate, random: Math.random };
/** Behind all promises that can go on (Node runs ticks once no microtask is left): a fifth of what a turn of the event loop costs. */
const promisesDone = () => new Promise<void>((resolve) => process.nextTick(resolve));

/** As much of a Timeout as the product uses. */
class VirtualTimer {
  constructor(readonly event: Event) {}
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}

/** Numbers in [0, 1) that a seed alone decides (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * An event queue. Each event belongs to an owner, and is carried out with everything that follows from it (promises, and what is really under
 * way at the store) before the next one begins: so timers that are set meanwhile belong to the same owner.
 */
export class VirtualTime {
  /** Milliseconds. */
  now = 0;
  /** Of the event that is carried out. */
  owner: Owner;
  events = 0;
  readonly world = new Owner('world');
  private readonly heap: Event[] = [];
  private orders = 0;
  private readonly underWay = new Set<Promise<unknown>>();

  constructor() {
    this.owner = this.world;
  }

  /** `ms` from now. Returns how to take it back. */
  after(ms: number, act: () => void, owner = this.owner, kind: Kind = 'message'): () => void {
    const event = this.add(ms, act, owner, kind);
    return () => {
      event.isGone = true;
    };
  }

  /** `act` as if the owner did it, immediately. */
  as<Result>(owner: Owner, act: () => Result): Result {
    const before = this.owner;
    this.owner = owner;
    try {
      return act();
    } finally {
      this.owner = before;
    }
  }

  /** Something real that has to end before virtual time goes on. */
  real<Result>(work: Promise<Result>): Promise<Result> {
    this.underWay.add(work);
    const done = () => void this.underWay.delete(work);
    work.then(done, done);
    return work;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.after(ms, resolve, this.owner, 'timer'));
  }

  /** As SIGSTOP, and SIGCONT after `ms`: then its timers ring first, and what has arrived is read behind them. */
  pause(owner: Owner, ms: number): void {
    if (owner.isPaused || owner.isDead) return;
    owner.isPaused = true;
    this.after(
      ms,
      () => {
        owner.isPaused = false;
        const held = owner.held.splice(0);
        for (const kind of ['timer', 'message'] as const)
          for (const event of held.filter((each) => each.kind === kind && !each.isGone)) this.push(event, this.now);
      },
      this.world,
    );
  }

  kill(owner: Owner): void {
    owner.isDead = true;
    owner.held.length = 0;
  }

  /** Events that wait, by their owners. */
  waiting(): Map<Owner, number> {
    const counts = new Map<Owner, number>();
    const add = (owner: Owner, count: number) => counts.set(owner, (counts.get(owner) ?? 0) + count);
    for (const { owner, isGone } of this.heap) if (!isGone) add(owner, 1);
    for (const owner of [...counts.keys()]) add(owner, owner.held.length);
    return counts;
  }

  /** Until this moment. `failed`: true once there is no reason to look further. */
  async run(until: number, failed: () => boolean): Promise<void> {
    while (!failed()) {
      const event = this.pop(until);
      if (event === undefined) break;
      this.events++;
      this.owner = event.owner;
      event.act();
      await this.settled();
    }
    this.owner = this.world;
    this.now = Math.max(this.now, until);
  }

  /** Timers, turns and chance are virtual from now on. Returns how to undo it. */
  install(random: () => number): () => void {
    const timer = (act: (...args: never[]) => void, ms = 0, ...args: never[]) =>
      new VirtualTimer(this.add(Math.max(1, ms), () => act(...args), this.owner, 'timer'));
    const turn = (act: (...args: never[]) => void, ...args: never[]) =>
      new VirtualTimer(this.add(0, () => act(...args), this.owner, 'timer'));
    const clear = (virtual: unknown) => {
      if (virtual instanceof VirtualTimer) virtual.event.isGone = true;
    };
    Object.assign(globalThis, { setTimeout: timer, clearTimeout: clear, setImmediate: turn, clearImmediate: clear });
    Math.random = random;
    return () => {
      const { random: before, ...timers } = REAL;
      Object.assign(globalThis, timers);
      Math.random = before;
    };
  }

  private async settled(): Promise<void> {
    await promisesDone();
    while (this.underWay.size > 0) {
      await Promise.allSettled([...this.underWay]);
      await promisesDone();
    }
  }

  private add(ms: number, act: () => void, owner: Owner, kind: Kind): Event {
    const event = { at: this.now + ms, order: this.orders++, owner, kind, act, isGone: false };
    this.sift(event);
    return event;
  }

  private push(event: Event, at: number): void {
    // The holder may cancel the same object.
    this.sift(Object.assign(event, { at, order: this.orders++ }));
  }

  /** The next to carry out; what waits for a stopped owner is put aside. */
  private pop(until: number): Event | undefined {
    for (;;) {
      const [first] = this.heap;
      if (first === undefined || first.at > until) return undefined;
      this.takeFirst();
      if (first.isGone || first.owner.isDead) continue;
      this.now = Math.max(this.now, first.at);
      if (!first.owner.isPaused) return first;
      first.owner.held.push(first);
    }
  }

  private sift(event: Event): void {
    const { heap } = this;
    let at = heap.push(event) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(event, heap[above]!)) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = event;
  }

  private takeFirst(): void {
    const { heap } = this;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++;
      if (!isBefore(heap[below]!, last)) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = last;
  }
}

function isBefore(one: Event, other: Event): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
