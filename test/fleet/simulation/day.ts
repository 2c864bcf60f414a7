// A day of a fleet, by a seed alone: who logs in, who guesses, what breaks.
import { FleetNames } from '../../../src/fleet/names.js';
import { userDN } from '../../support/proxy.js';
import { Invariants } from './invariants.js';
import type { RawRedis } from './raw-redis.js';
import { SharedSnapshots } from './shared-snapshots.js';
import { MINUTE, type Parts, VirtualInstance } from './virtual-instance.js';
import { VirtualStore } from './virtual-store.js';
import { Owner, seeded, VirtualTime } from './virtual-time.js';
import { type Account, VirtualUpstream } from './virtual-upstream.js';

const SECOND = 1000;
const HOUR = 60 * MINUTE;

/** A defect of ours: in a script, or in what an instance is made of. */
export interface Defect {
  readonly script?: (text: string) => string;
  readonly change?: (parts: Parts) => void;
}

export interface DayOptions {
  readonly seed: number;
  readonly instances: number;
  readonly hours: number;
  readonly defect?: Defect;
  /** Those that happen; all but `emptied` unless given. */
  readonly faults?: readonly FaultName[];
  /** Told each virtual hour. */
  readonly progress?: (hours: number, events: number) => void;
}

export interface DayResult {
  readonly violations: readonly string[];
  readonly looked: Readonly<Record<string, number>>;
  readonly binds: number;
  readonly succeeded: number;
  readonly events: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly decisions: Readonly<Record<string, number>>;
  readonly reads: number;
  /** What happened before a violation. */
  readonly history: readonly string[];
  /** Of all that happened: equal for equal seeds. */
  readonly trail: string;
}

const FAULTS = [
  'killed',
  'killed and empty',
  'frozen',
  'slow',
  'emptied',
  'garbled',
  'messages lost',
  'messages late',
  'cut off',
  'crash',
  'pause',
  'pause of the reader',
  'upstream away',
  'upstream slow',
] as const;
export type FaultName = (typeof FAULTS)[number];
/** A store that is emptied under open connections is found out about one instance after the other: see simulation.test.ts. */
const USUAL = FAULTS.filter((fault) => fault !== 'emptied');

interface Person {
  readonly account: Account;
  readonly address: string;
  /** When it logged in there last. */
  inAt: number;
}

/** Runs a day over an empty store. */
export async function simulate(redis: RawRedis, options: DayOptions): Promise<DayResult> {
  await redis.flush();
  const day = new Day(redis, options);
  const undo = day.time.install(day.random);
  try {
    return await day.run();
  } finally {
    undo();
  }
}

class Day {
  readonly time = new VirtualTime();
  readonly random: () => number;
  private readonly store: VirtualStore;
  private readonly upstream: VirtualUpstream;
  private readonly invariants: Invariants;
  private readonly instances = new Map<number, VirtualInstance>();
  private readonly snapshots = new SharedSnapshots();
  private readonly people: Person[] = [];
  private readonly names = new FleetNames(Buffer.alloc(32, 1), 'test');
  private readonly faults: Record<string, number> = {};
  private readonly decisions: Record<string, number> = {};
  private readonly pausedAt = new Map<Owner, number>();
  private binds = 0;
  private succeeded = 0;
  private starts = 0;
  private waitsForRead = false;
  private trail = 0;
  /** The bind that has ended last was at an instance that was stopped meanwhile, or died. */
  private wasStopped = false;

  constructor(
    private readonly redis: RawRedis,
    private readonly options: DayOptions,
  ) {
    this.random = seeded(options.seed);
    this.store = new VirtualStore(this.time, redis, this.random);
    this.upstream = new VirtualUpstream(this.time, this.random);
    this.invariants = new Invariants(this.time, this.upstream, this.store);
    if (options.defect?.script !== undefined) this.store.change = options.defect.script;
    this.upstream.reading = (owner) => this.readBegins(owner);
  }

  async run(): Promise<DayResult> {
    const { time, invariants, options } = this;
    for (let i = 0; i < 60; i++) {
      const account = this.upstream.add(`user${i}`, true);
      this.people.push({ account, address: `10.1.0.${i}`, inAt: Number.NEGATIVE_INFINITY });
    }
    for (let i = 0; i < 5; i++) this.upstream.add(`outsider${i}`, false);
    for (let i = 0; i < options.instances; i++) this.start(i);
    for (const person of this.people) this.work(() => this.liveWith(person));
    for (let i = 50; i < 56; i++) this.work(() => this.phone(this.people[i]!, i));
    for (let i = 0; i < 3; i++) this.work(() => this.guess());
    this.work(() => this.burst());
    this.work(() => this.outsiders());
    this.work(() => this.changes());
    this.work(() => this.breakThings());
    this.work(async () => {
      for (;;) {
        await time.sleep(10 * SECOND);
        invariants.look(this.awake());
      }
    });
    const failed = () => invariants.violations.length > 0;
    for (let hour = 1; hour <= options.hours && !failed(); hour++) {
      await time.run(hour * HOUR, failed);
      options.progress?.(hour, time.events);
    }
    return {
      ...{ violations: invariants.violations, looked: invariants.looked, binds: this.binds, succeeded: this.succeeded },
      ...{ events: time.events, faults: this.faults, decisions: this.decisions, reads: this.upstream.reads },
      history: invariants.violations.flatMap((each) => invariants.lately(/user\d+/.exec(each)?.[0] ?? '')),
      trail: this.trail.toString(16),
    };
  }

  private work(act: () => Promise<void>): void {
    this.time.after(
      this.random() * SECOND,
      () => void act().catch((error: unknown) => this.defect(error)),
      this.time.world,
    );
  }

  private defect(error: unknown): void {
    this.invariants.violations.push(`an exception: ${error instanceof Error ? error.stack : String(error)}`);
  }

  private start(index: number): void {
    const owner = new Owner(`i${index}.${this.starts++}`);
    // Clocks are up to five minutes apart.
    const skew = Math.floor((this.random() - 0.5) * 10 * MINUTE) + 10 * MINUTE;
    const { time, store, upstream, names, snapshots, random, invariants } = this;
    const instance = time.as(
      owner,
      () =>
        new VirtualInstance(
          {
            ...{ time, store, upstream, names, snapshots, random },
            sharesVerdicts: this.options.seed % 2 === 1,
            change: this.options.defect?.change ?? (() => {}),
            decided: (at, account, decision, took) => {
              this.decisions[decision.kind] = (this.decisions[decision.kind] ?? 0) + 1;
              const wasPaused = time.now - took <= (this.pausedAt.get(at.owner) ?? Number.NEGATIVE_INFINITY);
              invariants.decided(at, account, decision, took, wasPaused);
            },
            defect: (error) => this.defect(error),
          },
          owner,
          skew,
        ),
    );
    this.instances.set(index, instance);
  }

  private awake(): VirtualInstance[] {
    return [...this.instances.values()].filter(({ owner }) => !owner.isDead && !owner.isPaused);
  }

  /** As a load balancer sends it, by `/readyz`. */
  private someInstance(): VirtualInstance | undefined {
    const ready = this.awake().filter(({ isReady }) => isReady);
    return ready[Math.floor(this.random() * ready.length)];
  }

  private exponential(mean: number): number {
    return -mean * Math.log(1 - this.random());
  }

  private pick<Of>(list: readonly Of[]): Of {
    return list[Math.floor(this.random() * list.length)]!;
  }

  /** All names mean the same. */
  private spelling(uid: string): string {
    return this.pick([
      userDN(uid),
      userDN(uid.toUpperCase()),
      userDN(uid).replaceAll(',', ' , '),
      uid,
      uid.toUpperCase(),
    ]);
  }

  /** The code of the answer; -2 if there was none within a client's patience. */
  private async bind(uid: string, password: string, address: string): Promise<number> {
    const { time, invariants, upstream } = this;
    const instance = this.someInstance();
    if (instance === undefined) {
      this.wasStopped = true;
      return -3;
    }
    const { owner } = instance;
    const began = time.now;
    this.binds++;
    let isOver = false;
    const code = await new Promise<number>((resolve) => {
      const giveUp = time.after(8 * SECOND, () => resolve(-2), time.world);
      const over = (said: number) => {
        isOver = true;
        time.after(
          0,
          () => {
            giveUp();
            resolve(said);
          },
          time.world,
        );
      };
      // It may be stopped, or gone, before it has read it.
      time.after(
        0.2,
        () =>
          void instance.bind(this.spelling(uid), password, address).then(over, (error: unknown) => {
            this.defect(error);
            over(-4);
          }),
        owner,
      );
      // A connection that ends is noticed.
      const notice = () => {
        if (isOver) return;
        if (owner.isDead) over(-2);
        else if (time.now - began < 8 * SECOND) time.after(500, notice, time.world);
      };
      time.after(500, notice, time.world);
    });
    this.wasStopped = code < 0 || owner.isDead || (this.pausedAt.get(owner) ?? Number.NEGATIVE_INFINITY) >= began;
    if (code === -2) invariants.lost(uid);
    const account = upstream.accounts.get(uid);
    if (code === 0) {
      this.succeeded++;
      if (account === undefined) invariants.check(false, 'no success for nobody', () => uid);
      else invariants.letIn(account, password, began, owner);
    }
    this.trail = (Math.imul(this.trail, 31) + Math.round(time.now * 16) + code) >>> 0;
    return code;
  }

  /** With the right password, again and again until it is in. */
  private async logIn(person: Person): Promise<void> {
    const { time, invariants } = this;
    const { account, address } = person;
    let began = time.now;
    for (let tries = 0; tries < 40 && account.isMember; tries++) {
      // A client that changes to another instance where one does not answer.
      const code = await this.bind(account.uid, account.password, address);
      if (!account.isMember) return;
      // What was broken is the instance that had it.
      if (this.wasStopped) began = time.now;
      const isKnown = person.inAt > invariants.emptiedAt;
      invariants.waits(account, began, isKnown);
      if (code === 0) {
        person.inAt = time.now;
        return;
      }
      await time.sleep(300);
    }
  }

  private async liveWith(person: Person): Promise<void> {
    for (;;) {
      await this.time.sleep(this.exponential(25 * MINUTE));
      await this.logIn(person);
    }
  }

  /** With a password of long ago, each minute. */
  private async phone({ account }: Person, index: number): Promise<void> {
    for (;;) {
      await this.time.sleep(MINUTE);
      await this.bind(account.uid, 'a password of long ago', `10.2.0.${index}`);
    }
  }

  private victim(): Person {
    return this.people[56 + Math.floor(this.random() * 4)]!;
  }

  private guesser(): string {
    return `10.3.0.${Math.floor(this.random() * 200)}`;
  }

  private async guess(): Promise<void> {
    for (;;) {
      await this.time.sleep(this.exponential(20 * SECOND));
      await this.bind(this.victim().account.uid, `guess ${this.random()}`, this.guesser());
    }
  }

  /** Many at the same instant, at as many instances; with their victim among them. */
  private async burst(): Promise<void> {
    for (;;) {
      await this.time.sleep(this.exponential(15 * MINUTE));
      const victim = this.victim();
      const isIn = this.logIn(victim);
      const guesses = Array.from({ length: 40 }, () =>
        this.bind(victim.account.uid, `guess ${this.random()}`, this.guesser()),
      );
      await Promise.all(guesses);
      await isIn;
    }
  }

  /** With right passwords, and in no group. */
  private async outsiders(): Promise<void> {
    for (;;) {
      await this.time.sleep(this.exponential(5 * MINUTE));
      const uid = `outsider${Math.floor(this.random() * 5)}`;
      await this.bind(uid, `right of ${uid}`, '10.4.0.1');
    }
  }

  /** Passwords are changed, with an event of JumpCloud's or without; members are removed, and come back. */
  private async changes(): Promise<void> {
    for (;;) {
      await this.time.sleep(this.exponential(8 * MINUTE));
      const person = this.people[Math.floor(this.random() * 50)]!;
      if (!person.account.isMember) continue;
      if (this.random() < 0.7) this.work(() => this.changePassword(person));
      else this.work(() => this.remove(person));
    }
  }

  private async changePassword(person: Person): Promise<void> {
    const { time, invariants } = this;
    const { account, address } = person;
    const before = account.password;
    if (account.before !== undefined) return;
    // Cached by some.
    for (let i = 0; i < 3; i++) await this.bind(account.uid, before, address);
    if (account.password !== before) return;
    account.password = `new ${this.random()}`;
    account.changedAt = time.now;
    account.before = before;
    if (this.random() < 0.7) {
      const instance = this.someInstance();
      if (instance !== undefined) {
        time.after(0, () => instance.revoke(account.uid), instance.owner);
        invariants.revoked(account.uid);
      }
    }
    // Old devices go on for a while.
    for (let i = 0; i < 6; i++) {
      await time.sleep(2 * SECOND + this.exponential(MINUTE));
      await this.bind(account.uid, before, `10.5.0.${Math.floor(this.random() * 250)}`);
    }
  }

  private async remove({ account, address }: Person): Promise<void> {
    const { time } = this;
    account.isMember = false;
    account.removedAt = time.now;
    for (let i = 0; i < 8; i++) {
      await time.sleep(this.exponential(5 * MINUTE));
      await this.bind(account.uid, account.password, address);
    }
    account.isMember = true;
  }

  private async breakThings(): Promise<void> {
    const { faults = USUAL } = this.options;
    await this.time.sleep(10 * MINUTE);
    while (faults.length > 0) {
      await this.time.sleep(this.exponential(12 * MINUTE));
      this.begin(this.pick(faults));
      // Two things at the same time, now and then.
      if (this.random() < 0.2) this.begin(this.pick(faults));
    }
  }

  private begin(fault: FaultName): void {
    const { invariants, time } = this;
    if (invariants.broken.has(fault)) return;
    this.faults[fault] = (this.faults[fault] ?? 0) + 1;
    invariants.begins(fault, fault.startsWith('upstream'));
    const ms = this.pick([2 * SECOND, 20 * SECOND, 2 * MINUTE, 8 * MINUTE]) * (0.5 + this.random());
    const end = this.carryOut(fault, ms);
    time.after(
      ms,
      () => {
        end();
        // What was slow is on its way still.
        time.after(fault === 'upstream slow' ? 4 * SECOND : 0, () => invariants.ends(fault), time.world);
      },
      time.world,
    );
  }

  /** Returns how it ends. */
  private carryOut(fault: FaultName, ms: number): () => void {
    const { store, upstream } = this;
    const { faults } = store;
    const some = () => this.awake().filter(() => this.random() < 0.2);
    switch (fault) {
      case 'killed':
        store.kill();
        return () => {
          faults.isKilled = false;
        };
      case 'killed and empty':
        store.kill();
        this.empty();
        return () => {
          faults.isKilled = false;
        };
      case 'frozen':
        faults.isFrozen = true;
        return () => store.thaw();
      case 'slow':
        faults.slowness = this.pick([20, 60, 500, 4000]);
        return () => {
          faults.slowness = 0;
        };
      case 'emptied':
        this.empty();
        if (faults.lost > 0 || faults.late > 0) this.invariants.unheard();
        return () => {};
      case 'garbled':
        faults.garbled = this.pick([0.02, 0.5, 1]);
        return () => {
          faults.garbled = 0;
        };
      case 'messages lost':
        faults.lost = 0.7;
        this.invariants.unheard();
        return () => {
          faults.lost = 0;
        };
      case 'messages late':
        faults.late = 5 * SECOND;
        this.invariants.unheard();
        return () => {
          faults.late = 0;
        };
      case 'cut off':
        for (const { owner } of some()) store.cutOff(owner);
        return () => store.cut.clear();
      case 'crash': {
        const crashed = [...this.instances].filter(([, { owner }]) => !owner.isPaused && this.random() < 0.2);
        for (const [, { owner }] of crashed) this.crash(owner);
        return () => {
          for (const [index] of crashed) this.start(index);
        };
      }
      case 'pause':
        for (const { owner } of some()) this.pause(owner, ms);
        return () => {};
      case 'pause of the reader':
        this.waitsForRead = true;
        return () => {
          this.waitsForRead = false;
        };
      case 'upstream away':
        upstream.isAway = true;
        return () => {
          upstream.isAway = false;
        };
      case 'upstream slow':
        upstream.slowness = this.pick([500, 3000]);
        return () => {
          upstream.slowness = 0;
        };
    }
  }

  private empty(): void {
    void this.time.real(this.redis.flush());
    const there = new Set(this.awake().map(({ owner }) => owner));
    this.invariants.emptied((owner) => there.has(owner) && !this.store.cut.has(owner));
  }

  private crash(owner: Owner): void {
    this.time.kill(owner);
    // What was sent is sent; its connections end.
    for (const link of [...this.store.links]) if (link.owner === owner) this.store.links.delete(link);
    this.invariants.died(owner);
  }

  private pause(owner: Owner, ms: number): void {
    this.time.pause(owner, ms);
    this.pausedAt.set(owner, this.time.now + ms);
    this.invariants.stopped(owner);
  }

  /** Stopped in the middle of a read for all: when it goes on, another one has read. */
  private readBegins(owner: Owner): void {
    if (!this.waitsForRead || owner === this.time.world) return;
    this.waitsForRead = false;
    const { time, invariants } = this;
    const stop = () => {
      invariants.begins('reader stopped', false);
      this.pause(owner, 40 * SECOND);
      time.after(40 * SECOND, () => invariants.ends('reader stopped'), time.world);
    };
    time.after(100, stop, time.world);
  }
}
