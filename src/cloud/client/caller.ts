// Calls of JumpCloud's API: within their budget, repeated where that helps, and not at all for a while once they were refused.
import { CloudError, type CloudFault, type Purpose } from '../ports.js';
import { CallBudget } from './budget.js';
import { type Access, type Credentials, credentialsFor } from './credentials.js';
import { exchange, type Fetch, type HttpAnswer } from './exchange.js';
import { ApiHealth, NotAsked } from './health.js';
import { NoList } from './items.js';
import { OddField } from './json.js';

export interface CallerOptions {
  readonly access: Access;
  readonly fetch: Fetch;
  /** The tenant, for a key of somebody who has several. */
  readonly orgId?: string | undefined;
  /** Milliseconds that never go back. */
  readonly clock: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** Resolves after `ms` milliseconds, or when the signal aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface Call {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly body?: object;
  /** In messages: the path without what it asks for. */
  readonly name: string;
  /** The most bytes of the answer. */
  readonly octets: number;
  /** Of a refusal: what the plan lacks, which concerns these calls alone. */
  readonly isOfPlan?: boolean;
  /** About one user: what is odd in its record says nothing of the API. */
  readonly isOfOne?: boolean;
}

export type Read<Result> = (answer: HttpAnswer) => Result | Promise<Result>;

/** Milliseconds for a call. */
const CALL_TIME = 5000;
const TRIES = 3;
/** Milliseconds before the second try; doubled before the third. */
const FIRST_PAUSE = 500;
/** A server that asks for a longer pause gets no second try. */
const LONGEST_PAUSE = 10_000;
/** Milliseconds for which nothing is asked once the credentials, or one kind of call, were refused. */
const REFUSED_PAUSE = 15 * 60_000;
/** Kinds of calls that were refused. */
const MOST_KINDS = 64;

/** Makes API calls: budget, retries, pauses, limits of time and size. Rejects with CloudError only. */
export class Caller {
  readonly health: ApiHealth;
  private readonly budget: CallBudget;
  private readonly credentials: Credentials;
  private readonly ending = new AbortController();
  /** Until when the API wants a pause; and calls of one kind that are refused, by their names. */
  private busyUntil = 0;
  private readonly kindsRefused = new Map<string, { readonly until: number; readonly fault: CloudFault }>();

  constructor(private readonly options: CallerOptions) {
    const { access, fetch, clock } = options;
    this.budget = new CallBudget(clock);
    this.health = new ApiHealth(clock, this.budget);
    this.credentials = credentialsFor(access, fetch, { time: CALL_TIME, stop: this.ending.signal }, clock);
  }

  stop(): void {
    this.ending.abort();
  }

  /** What `read` makes of the answer; what that throws makes the answer a wrong one. Rejects with a CloudError alone. */
  async call<Result>(purpose: Purpose, call: Call, read: Read<Result>): Promise<Result> {
    try {
      const result = await read(await this.tried(purpose, call));
      this.health.answered(call.name);
      return result;
    } catch (error) {
      const fault = error instanceof CloudError ? error : new CloudError('garbled', `${call.name}: ${oddity(error)}`);
      if (call.isOfOne === true && error instanceof OddField) this.health.answered(call.name, fault);
      else this.health.failed(call.name, fault);
      throw fault;
    }
  }

  private async tried(purpose: Purpose, call: Call): Promise<HttpAnswer> {
    const renewal = { isLeft: true };
    for (let attempt = 1; ; attempt++) {
      const { answer, fault } = await this.once(purpose, call, renewal);
      if (answer !== undefined) return answer;
      const pause = attempt < TRIES ? this.pauseAfter(fault, attempt) : undefined;
      if (pause === undefined) throw fault;
      await this.options.pause(pause, this.ending.signal);
      if (this.ending.signal.aborted) throw new CloudError('stopped', `${call.name}: stopped`);
    }
  }

  /** One exchange; a second one with new credentials, if the first were refused. */
  private async once(
    purpose: Purpose,
    call: Call,
    renewal: { isLeft: boolean },
  ): Promise<{ answer: HttpAnswer; fault?: never } | { answer?: undefined; fault: Fault }> {
    const { name } = call;
    this.checkRefused(name);
    if (this.ending.signal.aborted) throw new CloudError('stopped', `${name}: stopped`);
    if (!this.budget.take(purpose)) throw new NotAsked('budget', `${name}: the budget for ${purpose} is used up`);
    let answer: HttpAnswer;
    let headers: Record<string, string> = {};
    try {
      const { fetch } = this.options;
      const bounds = { time: CALL_TIME, octets: call.octets, stop: this.ending.signal };
      const { method, url } = call;
      headers = await this.headers(call);
      const request = { method, url, name, headers, ...bodyOf(call) };
      answer = await exchange(fetch, request, bounds);
    } catch (error) {
      if (!(error instanceof CloudError)) throw error;
      if (error.fault === 'refused') this.health.stoppedUntil = this.options.clock() + REFUSED_PAUSE;
      if (error.fault === 'away' || error.fault === 'slow' || error.fault === 'busy') return { fault: error };
      throw error;
    }
    const { status } = answer;
    if (status === 200) return { answer };
    if (status === 401 && renewal.isLeft && this.credentials.renew(headers)) {
      renewal.isLeft = false;
      return this.once(purpose, call, renewal);
    }
    if (status === 401) {
      this.health.stoppedUntil = this.options.clock() + REFUSED_PAUSE;
      throw new CloudError('refused', `${name}: 401: the credentials are wrong, or were revoked`, status);
    }
    if (status === 403) this.refuse(call);
    if (status === 404) throw new CloudError('garbled', `${name}: 404: nothing is at this address`, status);
    if (status === 429) this.rest(answer.header('retry-after'));
    if (status === 429)
      return {
        fault: Object.assign(new CloudError('busy', `${name}: 429`, status), { after: answer.header('retry-after') }),
      };
    if (status >= 500) return { fault: new CloudError('away', `${name}: ${status}`, status) };
    throw new CloudError('garbled', `${name}: ${status}`, status);
  }

  /** A longer pause than a call waits for holds for all calls. */
  private rest(header: string | undefined): void {
    const asked = secondsIn(header) * 1000;
    if (asked > LONGEST_PAUSE) this.busyUntil = this.options.clock() + Math.min(asked, REFUSED_PAUSE);
  }

  private checkRefused(name: string): void {
    const now = this.options.clock();
    if (now < this.busyUntil) throw new NotAsked('busy', `${name}: not asked, because JumpCloud has asked for a pause`);
    const kind = this.kindsRefused.get(name);
    if (kind?.fault === 'no-plan' && now < kind.until)
      throw new NotAsked('no-plan', `${name}: the plan does not include it`);
    if (now < Math.max(this.health.stoppedUntil, kind?.until ?? 0))
      throw new NotAsked('refused', `${name}: not asked, because it was refused a short time ago`);
  }

  private refuse({ name, isOfPlan = false }: Call): never {
    const fault = isOfPlan ? 'no-plan' : 'refused';
    if (this.kindsRefused.size >= MOST_KINDS) this.kindsRefused.clear();
    this.kindsRefused.set(name, { until: this.options.clock() + REFUSED_PAUSE, fault });
    if (isOfPlan)
      throw new CloudError('no-plan', `${name}: 403: the plan or the role does not include Directory Insights`, 403);
    throw new CloudError('refused', `${name}: 403: the role does not allow this, or this address is blocked`, 403);
  }

  private async headers({ body }: Call): Promise<Record<string, string>> {
    const { orgId } = this.options;
    return {
      ...(await this.credentials.headers()),
      accept: 'application/json',
      // What is compressed could be small on the way and huge here.
      'accept-encoding': 'identity',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(orgId === undefined ? {} : { 'x-org-id': orgId }),
    };
  }

  /** Milliseconds; undefined: no more tries. */
  private pauseAfter({ after }: Fault, attempt: number): number | undefined {
    const asked = secondsIn(after) * 1000;
    if (asked > LONGEST_PAUSE) return undefined;
    return Math.max(asked, FIRST_PAUSE * 2 ** (attempt - 1)) * (1 + this.options.random());
  }
}

type Fault = CloudError & { readonly after?: string | undefined };

function bodyOf({ body }: Call): { body?: string } {
  return body === undefined ? {} : { body: JSON.stringify(body) };
}

/** Of a Retry-After (RFC 9110 10.2.3), seconds or a date; what is none of both asks for nothing. */
function secondsIn(header = ''): number {
  if (/^[0-9]+$/.test(header)) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? 0 : Math.max(0, (date - Date.now()) / 1000);
}

/** What is wrong with an answer. What JSON.parse says has parts of it, which may be somebody's. */
function oddity(error: unknown): string {
  if (error instanceof SyntaxError) return 'the answer is not JSON';
  if (error instanceof NoList) return `the answer is not a list: ${error.message}`;
  return error instanceof OddField ? `unexpected answer: ${error.message}` : String(error);
}
