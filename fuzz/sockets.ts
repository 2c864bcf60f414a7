// The fuzzer against the whole product in a process of its own: many conversations at a time, good clients beside them, everything watched.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeAuthority } from '../src/demo/certificate.js';
import { StandIn } from '../src/demo/stand-in.js';
import { serve } from '../test/support/bystander.js';
import { Client } from '../test/support/client.js';
import { type Product, startProduct } from '../test/support/product.js';
import { userDN } from '../test/support/proxy.js';
import { type Conversation, conversation, hold, type Place } from './conversation.js';
import { corpus } from './corpus.js';
import { Random } from './random.js';
import type { Finding, Progress, Result } from './report.js';
import { shrunk } from './shrink.js';

export interface SocketOptions {
  readonly seed: number;
  /** Ends after this time in milliseconds, or this number of messages. */
  readonly time: number;
  readonly messages: number;
  /** What Node is started with; src/main.ts unless given. */
  readonly program?: readonly string[];
  /** Tries for making the input smaller; each that fails needs the product to be started again if that is how it fails. */
  readonly trials?: number;
  readonly progress?: (progress: Progress) => void;
}

const AT_A_TIME = 16;
const CORPUS = 2000;
const GOOD_CLIENTS = 2;
/** Milliseconds in which a good client has to be served, on however busy a machine. */
const PATIENCE = 15_000;
/** MiB that the product may have more than at its start. */
const MOST_MEMORY = 400;
/** Milliseconds in which a dying process has said why. */
const LAST_WORDS = 1000;
const ALICE = { name: userDN('quillon.varrek'), password: 'user-secret-5001' };
const BOB = { name: userDN('mirelle.oskand'), password: 'user-secret-5002' };

/** The product with an upstream, and what is wrong with it. */
class Target {
  private reported = 0;
  private constructor(
    readonly product: Product,
    readonly place: Place,
    private readonly firstMemory: number,
    private readonly tidy: () => Promise<void>,
  ) {}

  static async start(program: readonly string[]): Promise<Target> {
    const upstream = await StandIn.start({});
    const folder = mkdtempSync(join(tmpdir(), 'jumpgate-fuzz-'));
    const authority = await makeAuthority();
    const tls = await authority.issue(['localhost', '127.0.0.1']);
    const limits = ['binds.failuresPerAccount=1000000', 'binds.failuresPerAddress=100000000', 'log.level=debug'];
    const product = await startProduct({ upstream, folder, program, tls, set: limits });
    const place = { url: product.url, ldapsUrl: product.ldapsUrl, caPem: authority.caPem };
    return new Target(product, place, product.memory(), async () => {
      await product.stop();
      await upstream.stop();
      rmSync(folder, { recursive: true });
    });
  }

  /** A defect in the log since the last look, too much memory, or the end of the process. */
  fault(): { readonly what: string; readonly port?: number } | undefined {
    if (!this.product.isAlive()) return { what: `the process has ended: ${this.product.errors().trim()}` };
    for (; this.reported < this.product.log.length; this.reported++) {
      const line = this.product.log[this.reported]!;
      if (!line.includes('"msg":"defect"')) continue;
      this.reported++;
      const fields = JSON.parse(line) as { 'client.port'?: number; 'error.message'?: string };
      return { what: `a defect: ${fields['error.message']}`, port: fields['client.port'] ?? 0 };
    }
    // What was looked at need not be kept.
    this.product.log.length = this.reported = 0;
    const grown = (this.memory() ?? 0) - this.firstMemory;
    return grown > MOST_MEMORY ? { what: `${Math.round(grown)} MiB more memory than at the start` } : undefined;
  }

  /** In MiB; undefined if the process is ending at this moment. */
  memory(): number | undefined {
    try {
      return this.product.memory();
    } catch {
      return undefined;
    }
  }

  stop(): Promise<void> {
    return this.tidy();
  }
}

/** Runs until time or number is used up, or something is found. */
export async function fuzzSockets(options: SocketOptions): Promise<Result> {
  const { seed, program = ['--import=tsx', 'src/main.ts'] } = options;
  const target = await Target.start(program);
  const run = new Run(options, target);
  try {
    await run.toTheEnd();
    await run.hearLastWords();
  } finally {
    await target.stop();
  }
  const result = run.progress;
  if (run.found === undefined) return result;
  const { what, suspects } = run.found;
  return { ...result, finding: await explain(what, suspects, program, options.trials ?? 1000, seed) };
}

class Run {
  sent = 0;
  answers = 0;
  served = 0;
  memory = 0;
  found: { readonly what: string; readonly suspects: readonly Conversation[]; readonly isOwn: boolean } | undefined;
  private number = 0;
  private isOver = false;
  /** The latest conversations, by their port: who did it is among them. */
  private readonly latest: { talk: Conversation; port: number }[] = [];
  private readonly current = new Set<Conversation>();
  private readonly corpus: readonly Buffer[];

  constructor(
    private readonly options: SocketOptions,
    private readonly target: Target,
  ) {
    this.corpus = corpus(new Random(options.seed), CORPUS);
  }

  get progress(): Progress {
    const { sent, answers, served, memory } = this;
    return { sent, answers, served, memory };
  }

  async toTheEnd(): Promise<void> {
    const good = Array.from({ length: GOOD_CLIENTS }, (_, i) => this.beGood(i % 2 === 0 ? ALICE : BOB));
    await Promise.all(Array.from({ length: AT_A_TIME }, () => this.talk()));
    this.isOver = true;
    await Promise.all(good);
    this.look();
  }

  /** A client that is not served may be the first to notice; the product's own messages say more, and come a moment later. */
  async hearLastWords(): Promise<void> {
    const until = performance.now() + LAST_WORDS;
    while (this.found !== undefined && !this.found.isOwn && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      this.look();
    }
  }

  private async talk(): Promise<void> {
    const { seed, messages, time, progress } = this.options;
    const until = performance.now() + time;
    while (!this.isOver && this.sent < messages && performance.now() < until) {
      const talk = conversation(seed, this.number++, this.corpus, ALICE);
      this.sent += talk.messages.length;
      this.current.add(talk);
      const { port, fault, answers } = await hold(talk, this.target.place);
      this.answers += answers;
      this.latest.push({ talk, port });
      if (this.latest.length > 8 * AT_A_TIME) this.latest.shift();
      this.look();
      this.current.delete(talk);
      if (fault !== undefined) this.fail(fault, [talk]);
      if (this.number % 50 === 0) progress?.(this.progress);
    }
  }

  /** Binds and searches all the time, on a connection for a while and then on another. */
  private async beGood(who: typeof ALICE): Promise<void> {
    while (!this.isOver) {
      let client: Client | undefined;
      try {
        client = await Client.open(this.target.place.url);
        for (let i = 0; i < 50 && !this.isOver; i++) {
          const took = await serve(client, who);
          if (took > PATIENCE) throw new Error(`it took ${Math.round(took)} ms`);
          this.served++;
        }
      } catch (error) {
        this.fail(`a good client was not served: ${error instanceof Error ? error.message : String(error)}`);
      } finally {
        client?.destroy();
      }
    }
  }

  private look(): void {
    const fault = this.target.fault();
    this.memory = this.target.memory() ?? this.memory;
    if (fault === undefined) return;
    const known = fault.port === undefined ? undefined : this.latest.find(({ port }) => port === fault.port)?.talk;
    if (this.found?.isOwn === false) this.found = undefined;
    this.fail(fault.what, known === undefined ? undefined : [known], true);
  }

  /** Those under way first, then the latest. */
  private candidates(): readonly Conversation[] {
    return [...this.current, ...this.latest.map(({ talk }) => talk).reverse()];
  }

  private fail(what: string, suspects: readonly Conversation[] = this.candidates(), isOwn = false): void {
    this.found ??= { what, suspects, isOwn };
    this.isOver = true;
  }
}

/** Looks for the conversation that does it alone, and for as little of it as does. */
async function explain(
  what: string,
  suspects: readonly Conversation[],
  program: readonly string[],
  trials: number,
  seed: number,
): Promise<Finding> {
  let target: Target | undefined;
  const again = async (talk: Conversation): Promise<boolean> => {
    target ??= await Target.start(program);
    const { fault } = await hold({ ...talk, isReset: false }, target.place);
    // The log comes behind the answer.
    for (let i = 0; i < 5 && target.product.isAlive() && target.fault() === undefined; i++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (fault !== undefined) return true;
      if (i === 4) return false;
    }
    await target.stop();
    target = undefined;
    return true;
  };
  try {
    for (const talk of new Set(suspects)) {
      if (!(await again(talk))) continue;
      const fails = (messages: readonly Buffer[]) => again({ ...talk, messages });
      return { what, input: await shrunk(talk.messages, fails, trials) };
    }
    return {
      what: `${what}\n(no single conversation does it; --seed ${seed} does it again, or time is part of it)`,
      input: [],
    };
  } finally {
    await target?.stop();
  }
}
