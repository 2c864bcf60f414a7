// The load generator: a process of its own that keeps a number of clients busy, one operation after another, and measures them.
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { bound, Entries, WrongAnswer } from './answers.js';
import { Client } from './client.js';
import type { Job, Loaded, Reply } from './jobs.js';
import { cpuTime, machineTime, percentile } from './measure.js';
import { MEMBERS } from './people.js';
import {
  anonymousBind,
  listing,
  memberBinds,
  memberSearches,
  type Request,
  serviceBind,
  upstreamBinds,
} from './requests.js';

type LoadJob = Extract<Job, { kind: 'load' }>;

/** Outstanding requests on one connection in the pipelined work. */
const DEPTH = 16;
/** Clients of the pass in which every member has a turn. */
const USHERS = 64;
/** Milliseconds to wait at the end for outstanding answers. */
const PATIENCE = 15_000;

class Run {
  private readonly entries = new Entries();
  private readonly memberBinds: readonly Request[];
  private readonly clients = new Set<Client>();
  private latencies = new Float64Array(1 << 16);
  private counted = 0;
  private counting = false;
  private stopping = false;
  private seed = 1;
  private opened = 0;
  private underWay = 0;
  private fail!: (error: Error) => void;
  private readonly failure: Promise<never>;
  private whenIdle = () => {};

  constructor(private readonly job: LoadJob) {
    this.memberBinds = job.names === 'local' ? memberBinds : upstreamBinds;
    this.failure = new Promise<never>((_, reject) => {
      this.fail = reject;
    });
    this.failure.catch(() => {});
  }

  async measure(): Promise<Loaded> {
    const { job } = this;
    try {
      if (job.everyoneFirst) await Promise.race([this.everyone(), this.failure]);
      for (let slot = 0; slot < job.connections; slot++) this.begin(slot);
      await Promise.race([sleep(job.warmUp * 1000), this.failure]);
      const before = this.clocks();
      this.counting = true;
      await Promise.race([sleep(job.seconds * 1000), this.failure]);
      this.counting = false;
      const after = this.clocks();
      const elapsed = after.at - before.at;
      const server = after.server - before.server;
      const own = after.own - before.own;
      const upstream = after.upstream - before.upstream;
      await Promise.race([this.idle(), this.failure]);
      if (this.counted === 0) throw new WrongAnswer('no operation finished');
      const sorted = this.latencies.subarray(0, this.counted).sort();
      return {
        operations: this.counted,
        rate: (this.counted * 1000) / elapsed,
        p50: percentile(sorted, 0.5),
        p99: percentile(sorted, 0.99),
        cpu: server / this.counted,
        loadShare: own / 1000 / elapsed,
        others: (after.machine - before.machine - server - own - upstream) / 1000 / elapsed,
      };
    } finally {
      this.stopping = true;
      for (const client of this.clients) client.destroy();
    }
  }

  /** Milliseconds of the clock, microseconds of CPU. */
  private clocks() {
    const { pids, upstreamPids } = this.job;
    const { user, system } = process.cpuUsage();
    return {
      at: performance.now(),
      server: cpuTime(pids),
      upstream: cpuTime(upstreamPids),
      own: user + system,
      machine: machineTime(),
    };
  }

  /** One client, or one slot of a work that opens a new connection each time, in a closed loop. */
  private begin(slot: number): void {
    switch (this.job.work) {
      case 'bind':
        return this.connect((client) => this.binds(client, slot));
      case 'login':
        return this.login(slot);
      case 'search1':
        return this.connectServed((client) => this.searches(client));
      case 'search1-pipelined':
        return this.connectServed((client) => {
          for (let i = 0; i < DEPTH; i++) this.searches(client);
        });
      case 'search1000':
        return this.connectServed((client) => this.listings(client));
    }
  }

  private binds(client: Client, slot: number): void {
    if (this.stopping) return;
    const startedAt = this.start();
    client.send(this.memberBinds[this.memberOf(slot)]!, bound, () => {
      this.finish(startedAt);
      this.binds(client, slot);
    });
  }

  private searches(client: Client): void {
    if (this.stopping) return;
    const startedAt = this.start();
    const member = this.member();
    client.send(memberSearches[member]!, this.entries.one(member + 1), () => {
      this.finish(startedAt);
      this.searches(client);
    });
  }

  private listings(client: Client): void {
    if (this.stopping) return;
    const startedAt = this.start();
    client.send(listing, this.entries.all(), () => {
      this.finish(startedAt);
      this.listings(client);
    });
  }

  /** What an application does at a login: it connects, finds the user's name as its service account, and binds with that name. */
  private login(slot: number): void {
    if (this.stopping) return;
    const startedAt = this.start();
    const member = this.memberOf(slot);
    this.connectServed((client) => {
      client.send(memberSearches[member]!, this.entries.one(member + 1), () => {
        client.send(this.memberBinds[member]!, bound, () => {
          client.close();
          this.clients.delete(client);
          this.finish(startedAt);
          this.login(slot);
        });
      });
    });
  }

  /** Finds each member's entry once and binds as each member once, as far as the work has such operations. */
  private async everyone(): Promise<void> {
    const { work } = this.job;
    if (work !== 'bind') {
      const find = (client: Client, member: number, done: () => void) =>
        client.send(memberSearches[member]!, this.entries.one(member + 1), done);
      await this.pass((use) => this.connectServed(use), find);
    }
    if (work === 'bind' || work === 'login') {
      const bind = (client: Client, member: number, done: () => void) =>
        client.send(this.memberBinds[member]!, bound, done);
      await this.pass((use) => this.connect(use), bind);
    }
  }

  private pass(
    connect: (use: (client: Client) => void) => void,
    serve: (client: Client, member: number, done: () => void) => void,
  ): Promise<void> {
    let left = MEMBERS;
    return new Promise<void>((resolve) => {
      const usher = (client: Client): void => {
        if (left-- > 0) return serve(client, left, () => usher(client));
        client.close();
        this.clients.delete(client);
        if (left === -USHERS) resolve();
      };
      for (let i = 0; i < USHERS; i++) connect(usher);
    });
  }

  private connect(use: (client: Client) => void): void {
    const { ports } = this.job;
    Client.open(
      ports[this.opened++ % ports.length]!,
      (client) => {
        this.clients.add(client);
        use(client);
      },
      this.fail,
    );
  }

  private connectServed(use: (client: Client) => void): void {
    this.connect((client) => client.send(serviceBind, bound, () => use(client)));
  }

  /** A pseudo-random member, in the same order for every contestant: sequential order would favor small caches. */
  private member(): number {
    this.seed = (Math.imul(this.seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.seed / 2 ** 32) * MEMBERS);
  }

  /**
   * One of those that no other slot binds as: equal binds at the same time are sent upstream once, so of 256 clients that choose among all members
   * one in six would cost the upstream nothing.
   */
  private memberOf(slot: number): number {
    const { connections } = this.job;
    const own = Math.max(1, Math.floor(MEMBERS / connections));
    return (slot + connections * (this.member() % own)) % MEMBERS;
  }

  private start(): number {
    this.underWay++;
    return performance.now();
  }

  private finish(startedAt: number): void {
    if (--this.underWay === 0) this.whenIdle();
    if (!this.counting) return;
    if (this.counted === this.latencies.length) {
      const more = new Float64Array(this.counted * 2);
      more.set(this.latencies);
      this.latencies = more;
    }
    this.latencies[this.counted++] = performance.now() - startedAt;
  }

  /** Resolves when the outstanding operations have been answered and checked, too. */
  private idle(): Promise<void> {
    this.stopping = true;
    if (this.underWay === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new WrongAnswer(`${this.underWay} answers are missing`)), PATIENCE);
      this.whenIdle = () => {
        clearTimeout(late);
        resolve();
      };
    });
  }
}

let held: Client[] = [];

/** Opens them a few at a time; resolves with the number that were answered. */
async function hold(ports: readonly number[], connections: number): Promise<number> {
  held = [];
  let begun = 0;
  const one = (): Promise<void> => {
    if (begun++ >= connections) return Promise.resolve();
    return new Promise<void>((resolve) => {
      const opened = (client: Client) => {
        held.push(client);
        client.send(anonymousBind, bound, resolve);
      };
      Client.open(ports[begun % ports.length]!, opened, () => resolve());
    }).then(one);
  };
  await Promise.all(Array.from({ length: USHERS }, one));
  return held.filter((client) => client.isAlive).length;
}

async function release(): Promise<number> {
  let alive = 0;
  const asked = held.filter((client) => client.isAlive);
  const answers = asked.map(
    (client) =>
      new Promise<void>((resolve) => {
        client.send(anonymousBind, bound, () => {
          alive++;
          resolve();
        });
      }),
  );
  await Promise.race([Promise.all(answers), sleep(PATIENCE)]);
  for (const client of held) client.close();
  held = [];
  return alive;
}

async function answer(job: Job): Promise<Reply> {
  try {
    switch (job.kind) {
      case 'load':
        return { kind: 'loaded', result: await new Run(job).measure() };
      case 'hold':
        return { kind: 'counted', alive: await hold(job.ports, job.connections) };
      case 'release':
        return { kind: 'counted', alive: await release() };
    }
  } catch (error) {
    return { kind: 'void', why: error instanceof Error ? error.message : String(error) };
  }
}

process.on('message', (job: Job) => void answer(job).then((reply) => process.send?.(reply)));
process.once('disconnect', () => process.exit());
