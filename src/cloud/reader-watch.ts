// Asks JumpCloud about the reader's own account each hour: the operator learns that its password ends before the users notice.
import { type CloudApi, CloudError, type CloudUser } from './ports.js';
import { daysLeft, passwordEnd, type ReaderFault, readerFaults } from './reader-account.js';

export interface ReaderWatchParts {
  /** What is wrong with the reader, each time that this has changed; nothing: it is in order again. */
  readonly changed: (faults: readonly ReaderFault[]) => void;
  readonly defect: (error: unknown) => void;
  /** Milliseconds, never going back. */
  readonly clock: () => number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: () => number;
}

/** Milliseconds from one question to the next: in order, and where something is wrong or there was no answer. */
const PAUSE = 55 * 60_000;
const SHORT_PAUSE = 5 * 60_000;
/** By which part it is more or less. */
const JITTER = 0.1;
/** Milliseconds from one question for which there is a reason to the next. */
const LEAST_PAUSE = 3 * 60_000;
/** Milliseconds for which an answer holds while there is no other. */
const HOLDS = 24 * 3_600_000;
/** Days before the end at which it is said once more. */
const REMINDERS = [1, 3, 7, 14];

/** What is known of the reader. */
export interface ReaderKnown {
  readonly faults: readonly ReaderFault[];
  /** Milliseconds since 1970; undefined if its password does not expire. */
  readonly passwordEnd: number | undefined;
}

/** Asks JumpCloud about the reader's account: hourly, soon after a reason to, and every five minutes while something is wrong. */
export class ReaderWatch {
  private api: Pick<CloudApi, 'user'> | undefined;
  private name = '';
  private answer: { readonly user: CloudUser | undefined; readonly at: number } | undefined;
  /** By the clock: asked for that reason. */
  private soonAt = Number.NEGATIVE_INFINITY;
  private isAsking = false;
  private reported = '';
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly parts: ReaderWatchParts) {}

  /** Asks there about this user from now on; undefined: nobody is asked. What was known of the same user stays known. */
  use(api: Pick<CloudApi, 'user'> | undefined, name = this.name): void {
    if (api === this.api && name === this.name) return;
    if (name !== this.name) {
      this.answer = undefined;
      this.reported = '';
    }
    this.api = api;
    this.name = name;
    clearTimeout(this.timer);
    if (api !== undefined) void this.ask(api);
  }

  /** There is a reason to ask now: the upstream has refused the reader, or an event was about it. */
  soon(): void {
    const { api } = this;
    const now = this.parts.clock();
    if (api === undefined || this.isAsking || now - this.soonAt < LEAST_PAUSE) return;
    this.soonAt = now;
    clearTimeout(this.timer);
    void this.ask(api);
  }

  /** Undefined where nobody is asked, before the first answer, and a day after the last one. */
  get known(): ReaderKnown | undefined {
    const { answer, name, api } = this;
    if (api === undefined || answer === undefined || this.parts.clock() - answer.at > HOLDS) return undefined;
    const { user } = answer;
    const now = this.parts.now();
    return { faults: readerFaults(user, name, now), passwordEnd: user && passwordEnd(user, now) };
  }

  /** Never rejects. */
  private async ask(api: Pick<CloudApi, 'user'>): Promise<void> {
    const { name } = this;
    const { clock, random, defect } = this.parts;
    const isIt = () => api === this.api && name === this.name;
    let pause = SHORT_PAUSE;
    this.isAsking = true;
    try {
      const user = await api.user('reader', name);
      if (!isIt()) return;
      this.answer = { user, at: clock() };
      this.report(user);
      if (readerFaults(user, name, this.parts.now()).every(({ kind }) => kind === 'password-expires')) pause = PAUSE;
    } catch (error) {
      if (!(error instanceof CloudError)) defect(error);
    } finally {
      if (isIt()) {
        this.isAsking = false;
        clearTimeout(this.timer);
        this.timer = setTimeout(() => void this.ask(api), pause * (1 + JITTER * (2 * random() - 1))).unref();
      }
    }
  }

  private report(user: CloudUser | undefined): void {
    const now = this.parts.now();
    const faults = readerFaults(user, this.name, now);
    const days = user === undefined ? undefined : daysLeft(user, now);
    const reminder = days === undefined ? undefined : REMINDERS.find((most) => days <= most);
    const state = faults.length === 0 ? '' : JSON.stringify([faults.map(({ kind }) => kind), reminder]);
    if (state === this.reported) return;
    this.reported = state;
    this.parts.changed(faults);
  }
}
