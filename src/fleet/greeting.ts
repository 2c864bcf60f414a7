// What comes before instances decide together: this one receives what it missed, and reports what the others missed.
import type { Backlog } from './backlog.js';
import { BATCH } from './decision-scripts/batch.js';
import { GREET, META_LIFE } from './decision-scripts/meta.js';
import type { FleetNames } from './names.js';
import type { Purges } from './purges.js';
import { type Health, type Store, StoreError } from './store.js';

export interface GreetingOptions {
  readonly store: Store;
  readonly names: FleetNames;
  readonly purges: Purges;
  /** Milliseconds, never going back. */
  readonly clock: () => number;
  readonly random: (octets: number) => Buffer;
  /** Milliseconds in which instances that know more may refill a store that was emptied, before the others use it. */
  readonly grace: number;
}

/** Milliseconds for what nobody waits for. */
const PATIENT = 1000;
/** Characters of an epoch; ours have 12. */
const MOST_EPOCH = 64;

/** Greets the store whenever it is up again, or is another one than before (by its epoch), and until that has worked. */
export class Greeting {
  /** True while the store may be asked: it is up, and nothing is missing on either side. */
  isDone = false;
  /** Of the store that was greeted last. */
  epoch: string | undefined;
  /** One that was announced while another was greeted. */
  private announced: string | undefined;
  /** The greeting for which what waits is being reported. */
  private reporting: number | undefined;
  /** Grows with each greeting: an older one gives up. */
  private current = 0;
  private again: NodeJS.Timeout | undefined;
  private isClosed = false;
  private readonly leaveHealth: () => void;
  private readonly leaveEpochs: () => void;

  /** Begins immediately, if the store is up. */
  constructor(
    private readonly options: GreetingOptions,
    private readonly backlog: Backlog,
  ) {
    const { store, names, purges } = options;
    this.epoch = purges.epochBefore;
    // What this instance has seen recently is reported before the others decide: they wait for `grace`.
    this.leaveEpochs = store.subscribe(names.of('epoch'), (message) => {
      const isOther = this.epoch !== undefined && message.toString('latin1', 0, MOST_EPOCH) !== this.epoch;
      if (!isOther || store.health !== 'well') return;
      // A greeting that is under way may find it already; one more for each message would be a way to keep this instance busy.
      if (this.isDone) this.changed('well');
      else this.announced = message.toString('latin1', 0, MOST_EPOCH);
    });
    this.leaveHealth = store.onHealth((health) => this.changed(health));
    this.changed(store.health);
  }

  /** The store says that it is another one than was known. */
  emptied(): void {
    if (this.isDone) this.changed('well');
  }

  /** Something waits to be reported: soon, if the store is up. A greeting under way reports it anyway, and must not be begun again for it. */
  soon(): void {
    if (this.isDone) this.later(PATIENT);
  }

  close(): void {
    this.isClosed = true;
    this.isDone = false;
    this.current++;
    clearTimeout(this.again);
    this.leaveHealth();
    this.leaveEpochs();
  }

  private changed(health: Health): void {
    this.isDone = false;
    const mine = ++this.current;
    clearTimeout(this.again);
    this.again = undefined;
    if (health === 'well' && !this.isClosed) void this.greet(mine);
  }

  private later(ms: number): void {
    if (this.again !== undefined || this.isClosed) return;
    this.again = setTimeout(() => {
      this.again = undefined;
      if (this.options.store.health !== 'well') return;
      // The store goes on deciding while outcomes that did not arrive are sent again.
      if (this.isDone) void this.reportRest(this.current);
      else this.changed('well');
    }, ms).unref();
  }

  /** Reports what waits, purges as well, while the store decides; as often as something did not arrive. */
  private async reportRest(mine: number): Promise<void> {
    const { purges } = this.options;
    const isGivenUp = () => mine !== this.current;
    if (this.reporting === mine) return this.later(PATIENT);
    this.reporting = mine;
    await Promise.allSettled([this.backlog.reportRest(isGivenUp), purges.tellWaiting(isGivenUp)]);
    if (this.reporting === mine) this.reporting = undefined;
    const isAllTold = this.backlog.isEmpty && !purges.areWaiting;
    if (!isGivenUp() && !isAllTold) this.later(PATIENT);
  }

  private async greet(mine: number): Promise<void> {
    const { store, names, purges, random, grace, clock } = this.options;
    const keys = [names.of('meta'), names.of('purges')];
    const isGivenUp = () => mine !== this.current;
    try {
      const ask = async () => {
        const asked = [random(9).toString('base64url'), purges.last ?? 0, META_LIFE, names.of('epoch')];
        return greetingOf(await store.run(GREET, keys, asked, PATIENT));
      };
      let { epoch, age, last, missed } = await ask();
      if (isGivenUp()) return;
      if (this.epoch !== undefined && this.epoch !== epoch) {
        this.backlog.remind(clock());
        // Its purges are counted from the beginning, and those of the one before may be lost.
        purges.otherStore();
        ({ epoch, age, last, missed } = await ask());
        if (isGivenUp()) return;
      }
      this.epoch = epoch;
      await purges.caughtUp(last, missed, isGivenUp);
      if (isGivenUp()) return;
      await purges.tellWaiting(isGivenUp);
      if (isGivenUp()) return;
      await this.load();
      if (!(await this.backlog.report(isGivenUp))) return;
      const rest = grace - age;
      if (rest > 0) return this.later(rest);
      const { announced } = this;
      this.announced = undefined;
      if (announced !== undefined && announced !== epoch) return this.later(PATIENT);
      this.isDone = true;
      // With logins all the time there is always something that came since, on its own: it goes before the next decision.
      void this.reportRest(mine);
    } catch {
      // A store in trouble reports when it is up again; one that is up and did not answer this is asked again.
      if (!isGivenUp()) this.later(PATIENT);
    }
  }

  /** The store has the script before somebody waits for it. */
  private async load(): Promise<void> {
    const { store, names } = this.options;
    await store.run(BATCH, [names.of('meta')], ['', ''], PATIENT);
  }
}

/** The answer of GREET. */
function greetingOf(answer: unknown) {
  if (!Array.isArray(answer) || !answer.every((each) => typeof each === 'string'))
    throw new StoreError('garbled', 'no list of texts');
  const [epoch = '', age, last, ...missed] = answer as string[];
  return { epoch, age: count(age), last: count(last), missed };
}

function count(text = ''): number {
  if (!/^\d{1,15}$/.test(text)) throw new StoreError('garbled', 'not a count');
  return Number(text);
}
