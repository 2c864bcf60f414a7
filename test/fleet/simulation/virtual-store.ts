// The store of a simulated fleet: the product's scripts in a real Redis at virtual times, behind connections that are slow, cut or garbled.
import { type Argument, type Link, type Script, StoreError } from '../../../src/fleet/store.js';
import type { Outcome, RawRedis } from './raw-redis.js';
import type { Owner, VirtualTime } from './virtual-time.js';

/** Milliseconds since 1970 at the start. */
const EPOCH = 1_800_000_000_000;
/** Milliseconds from an instance to the store, or back. */
const LATENCY = 0.4;

/** What is wrong with the store at the moment. */
export interface StoreFaults {
  isKilled: boolean;
  isFrozen: boolean;
  /** Milliseconds that each answer takes. */
  slowness: number;
  /** Shares of what is garbled, of messages that are lost, and milliseconds by which messages are late. */
  garbled: number;
  lost: number;
  late: number;
}

export interface Spied {
  readonly text: string;
  readonly args: readonly Argument[];
  readonly reply: unknown;
  readonly owner: Owner;
}

const GARBAGE: readonly unknown[] = [null, 'OK', ['what'], 42, [], ['allowed'], [['x']]];

export class VirtualStore {
  readonly faults: StoreFaults = { isKilled: false, isFrozen: false, slowness: 0, garbled: 0, lost: 0, late: 0 };
  readonly cut = new Set<Owner>();
  readonly links = new Set<VirtualLink>();
  /** Receives the answer to each script. */
  spy: (spied: Spied) => void = () => {};
  /** Plants a defect in a script. */
  change: (text: string) => string = (text) => text;
  private readonly thawed: (() => void)[] = [];
  private readonly changed = new Map<string, string>();

  constructor(
    readonly time: VirtualTime,
    readonly redis: RawRedis,
    readonly random: () => number,
  ) {}

  get now(): number {
    return Math.floor(EPOCH + this.time.now);
  }

  /** As `Connect`, of the owner that asks. */
  connect = async (ended: (trouble: StoreError) => void): Promise<Link> => {
    const { time } = this;
    const { owner } = time;
    await time.sleep(2 * LATENCY);
    if (this.faults.isKilled || this.cut.has(owner)) throw new StoreError('away', 'ECONNREFUSED');
    if (this.faults.isFrozen)
      await new Promise<void>((resolve) => this.thawed.push(() => void time.after(LATENCY, resolve, owner)));
    const link = new VirtualLink(this, owner, ended);
    this.links.add(link);
    return link;
  };

  kill(): void {
    this.faults.isKilled = true;
    for (const link of [...this.links]) link.reset();
  }

  cutOff(owner: Owner): void {
    this.cut.add(owner);
    for (const link of [...this.links]) if (link.owner === owner) link.reset();
  }

  thaw(): void {
    this.faults.isFrozen = false;
    for (const wake of this.thawed.splice(0)) wake();
  }

  /** Now, or when the store is thawed. */
  whenAwake(act: () => void): void {
    if (this.faults.isFrozen) this.thawed.push(act);
    else act();
  }

  async script(text: string, keys: readonly string[], args: readonly Argument[], owner: Owner): Promise<Outcome> {
    let changed = this.changed.get(text);
    if (changed === undefined) {
      changed = this.change(text);
      this.changed.set(text, changed);
    }
    const outcome = await this.time.real(this.redis.run(changed, keys, args, this.now));
    this.spy({ text, args, reply: plain(outcome.reply), owner });
    for (let i = 0; i < outcome.published.length; i += 2)
      this.tell(outcome.published[i]!.toString(), outcome.published[i + 1]!);
    return outcome;
  }

  tell(channel: string, message: Buffer): void {
    const { lost, late } = this.faults;
    for (const link of this.links) {
      const heard = link.channels.get(channel);
      if (heard === undefined || (lost > 0 && this.random() < lost)) continue;
      link.deliver(() => heard(message), late > 0 ? this.random() * late : 0);
    }
  }

  garbles(): boolean {
    return this.faults.garbled > 0 && this.random() < this.faults.garbled;
  }

  garbage(): unknown {
    return GARBAGE[Math.floor(this.random() * GARBAGE.length)];
  }
}

/** One connection of one instance. What is sent arrives in its order, and so do the answers. */
export class VirtualLink implements Link {
  readonly channels = new Map<string, (message: Buffer) => void>();
  private isOver = false;
  private readonly waiting = new Set<(error: StoreError) => void>();
  private arrival = 0;
  private answer = 0;

  constructor(
    private readonly store: VirtualStore,
    readonly owner: Owner,
    private readonly ended: (trouble: StoreError) => void,
  ) {}

  /** Commands under way. */
  get size(): number {
    return this.waiting.size;
  }

  async run({ text }: Script, keys: readonly string[], args: readonly Argument[]): Promise<unknown> {
    const { reply } = await this.ask(() => this.store.script(text, keys, args, this.owner));
    return this.store.garbles() ? this.store.garbage() : plain(reply);
  }

  async get(key: string): Promise<Buffer | undefined> {
    const { reply } = await this.ask(() =>
      this.store.script("return redis.call('GET', KEYS[1])", [key], [], this.owner),
    );
    return (reply as Buffer | null) ?? undefined;
  }

  async publish(channel: string, message: Buffer): Promise<void> {
    await this.ask(async () => {
      this.store.tell(channel, message);
      return NOTHING;
    });
  }

  async subscribe(channel: string, heard: (message: Buffer) => void): Promise<void> {
    await this.ask(async () => {
      this.channels.set(channel, heard);
      return NOTHING;
    });
  }

  unsubscribe(channel: string): void {
    this.channels.delete(channel);
  }

  async ping(): Promise<void> {
    await this.ask(async () => NOTHING);
  }

  end(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.store.links.delete(this);
    for (const reject of [...this.waiting]) reject(new StoreError('away', 'the connection ended'));
  }

  /** Cut from outside: its instance learns of it. */
  reset(): void {
    this.store.links.delete(this);
    this.channels.clear();
    this.store.time.after(
      LATENCY,
      () => {
        if (this.isOver) return;
        this.end();
        this.ended(new StoreError('away', 'ECONNRESET'));
      },
      this.owner,
    );
  }

  deliver(act: () => void, late: number): void {
    const { time } = this.store;
    const at = Math.max(this.answer, time.now + LATENCY);
    if (late === 0) this.answer = at;
    time.after(at - time.now + late, () => this.isOver || act(), this.owner);
  }

  private ask(act: () => Promise<Outcome>): Promise<Outcome> {
    const { store } = this;
    const { time, faults } = store;
    return new Promise((resolve, reject) => {
      if (this.isOver) return reject(new StoreError('away', 'the connection ended'));
      const fail = (error: unknown) => {
        this.waiting.delete(fail);
        reject(error as Error);
      };
      this.waiting.add(fail);
      this.arrival = Math.max(this.arrival, time.now + LATENCY + faults.slowness / 2);
      const arrived = () =>
        store.whenAwake(() => {
          // Cut on its way.
          if (!store.links.has(this) && !this.owner.isDead) return;
          if (store.faults.isKilled) return;
          void act().then(
            (outcome) =>
              this.deliverAfter(store.faults.slowness / 2, () => {
                this.waiting.delete(fail);
                resolve(outcome);
              }),
            (error: Error) => this.deliver(() => fail(new StoreError('refused', error.message)), 0),
          );
        });
      time.after(this.arrival - time.now, arrived, time.world);
    });
  }

  private deliverAfter(ms: number, act: () => void): void {
    const { time } = this.store;
    this.answer = Math.max(this.answer, time.now + LATENCY + ms);
    time.after(this.answer - time.now, () => this.isOver || act(), this.owner);
  }
}

const NOTHING: Outcome = { reply: null, published: [] };

/** As the product's own client gives them: texts. */
function plain(reply: unknown): unknown {
  if (Buffer.isBuffer(reply)) return reply.toString();
  return Array.isArray(reply) ? reply.map(plain) : reply;
}
