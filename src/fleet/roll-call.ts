// The instances of the fleet: each reports every few seconds, sealed, and is dropped when it does not. Times are the store's own.
import { randomBytes } from 'node:crypto';
import type { FleetNames } from './names.js';
import type { Seal } from './seal.js';
import { type Argument, type Script, type Store, StoreError, script } from './store.js';

/** What an instance says of itself. */
export interface InstanceReport {
  /** By its configuration. */
  readonly instance: string;
  readonly version: string;
  /** ISO 8601, by its own clock. */
  readonly startedAt: string;
  readonly ready: boolean;
  /** How it comes by its directory; undefined before the first read. */
  readonly role: string | undefined;
  /** Why it reads alone, or could not publish; '' otherwise. */
  readonly why: string;
  readonly generation: number | undefined;
  /** Milliseconds since its directory was read; undefined before the first read. */
  readonly age: number | undefined;
  readonly members: number | undefined;
}

export interface Present extends InstanceReport {
  /** Milliseconds since it said so. */
  readonly heard: number;
  /**
   * It said when inside its seal. False for older versions: `heard` is then what the store says, and somebody who can write there may repeat the
   * report of an instance that is gone.
   */
  readonly isDated: boolean;
}

export interface Roll {
  /** By their names. */
  readonly instances: readonly Present[];
  /** How many said something that does not open with this fleet's key, or has another form. */
  readonly unreadable: number;
  /** How many reports were not fetched: too many, or too long. */
  readonly leftOut: number;
}

/** Milliseconds from one report to the next, and after which an instance is dropped. */
const BEAT = 10_000;
const FORGOTTEN = 35_000;
/** Milliseconds that a report may be ahead of the store's clock, or behind it when it arrives: the clock was set, and the next report corrects it. */
const SLACK = 5000;
const PATIENCE = 1000;
/** Fetched at most: reports, and characters of one and of all. Ours have about 500. */
const MOST_INSTANCES = 1000;
const MOST_REPORT = 10_000;
const MOST_FETCHED = 2_000_000;
/** Fields that are looked at: beyond that somebody else has written there. */
const MOST_FIELDS = 4 * MOST_INSTANCES;
/** Characters of each text in a report, so that it is never too long. */
const MOST_TEXT = 200;

const NOW = "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000) ";
/** Milliseconds since a report was written, by the time that the store has put in front of it; nothing where it has none, or one to come. */
const SINCE = `
local function since(value)
  local at = tonumber(string.match(value, '^(%d+) '))
  return at and at <= now + ${SLACK} and now - at
end `;
const TIME = script(`${NOW} return now`);
/**
 * Every report drops those that no instance renews, and what no instance has written; far too many are dropped with the rest, and instances are
 * back with their next report. Uses no command that the permissions of earlier versions lack.
 */
const SAY = script(`${NOW} ${SINCE}
local fields = redis.pcall('HKEYS', KEYS[1])
local count = 0
if fields.err or #fields > ${MOST_FIELDS} then redis.call('DEL', KEYS[1])
else
  for _, field in ipairs(fields) do
    local value = redis.call('HGET', KEYS[1], field)
    local ms = since(value)
    if not ms or ms > tonumber(ARGV[3]) or #value > ${MOST_REPORT} then redis.call('HDEL', KEYS[1], field)
    else count = count + 1 end
  end
end
if count < ${MOST_INSTANCES} or redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', now) .. ' ' .. ARGV[2])
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return now`);
/** Returns { now, how many are left out, id, report … }. */
const LIST = script(`${NOW} ${SINCE}
local fields = redis.call('HKEYS', KEYS[1])
local left = math.max(0, #fields - ${MOST_FIELDS})
local answer = { now, 0 }
local length = 0
for i = 1, #fields - left do
  local value = redis.call('HGET', KEYS[1], fields[i])
  local ms = since(value)
  if ms and ms <= tonumber(ARGV[1]) then
    local size = #fields[i] + #value
    if size > ${MOST_REPORT} or length + size > ${MOST_FETCHED} or #answer >= ${2 * MOST_INSTANCES + 2} then left = left + 1
    else
      length = length + size
      answer[#answer + 1] = fields[i]
      answer[#answer + 1] = value
    end
  end
end
answer[2] = left
return answer`);
const LEAVE = script(`return redis.call('HDEL', KEYS[1], ARGV[1])`);

export interface RollCallOptions {
  readonly store: Store;
  readonly names: FleetNames;
  readonly seal: Seal;
}

/** The instances that are present. Rejects with StoreError. */
export async function callRoll({ store, names, seal }: RollCallOptions): Promise<Roll> {
  const answer = await store.run(LIST, [names.of('instances')], [FORGOTTEN], PATIENCE);
  const [now, leftOut, ...all] = Array.isArray(answer) ? (answer as unknown[]) : [];
  if (typeof now !== 'number' || typeof leftOut !== 'number' || all.length > 2 * MOST_INSTANCES)
    throw new StoreError('garbled', 'an unexpected answer about the instances');
  const instances: Present[] = [];
  let unreadable = 0;
  for (let i = 0; i + 1 < all.length; i += 2) {
    const present = presentOf(String(all[i]), String(all[i + 1]), now, seal);
    if (present === undefined) unreadable++;
    else if (present.heard <= FORGOTTEN && present.heard >= -SLACK)
      instances.push({ ...present, heard: Math.max(0, present.heard) });
  }
  instances.sort((a, b) => (a.instance < b.instance ? -1 : 1));
  return { instances, unreadable, leftOut };
}

function presentOf(id: string, said: string, now: number, seal: Seal): Present | undefined {
  const [written = '', sealed = ''] = said.split(' ');
  const octets = seal.open(Buffer.from(sealed, 'base64'), [id]);
  if (octets === undefined) return undefined;
  const { at, ...report } = JSON.parse(octets.toString('utf8')) as DatedReport;
  const texts = [report.instance, report.version, report.startedAt, report.why];
  // Of a version whose reports have another form.
  if (!texts.every((text) => typeof text === 'string')) return undefined;
  const isDated = typeof at === 'number';
  return { ...report, isDated, heard: now - (isDated ? at : Number(written)) };
}

/** As it is sealed. Older versions have no `at`, and ignore it. */
interface DatedReport extends InstanceReport {
  /** Milliseconds since 1970, by the store's clock: in the seal, so nobody without the key can make an old report a new one. */
  readonly at?: number;
}

/** Says every few seconds that this instance is there. */
export class Presence {
  private readonly id = randomBytes(9).toString('base64url');
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;
  private readonly leave: () => void;
  /** How far the store's clock is ahead of `clock`; undefined before it was asked. */
  private ahead: number | undefined;

  constructor(
    private readonly options: RollCallOptions & { readonly report: () => InstanceReport },
    private readonly beat = BEAT,
    private readonly clock = () => performance.now(),
  ) {
    // As soon as the store is there, or there again.
    this.leave = options.store.onHealth((health) => health === 'well' && void this.say());
    void this.say();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.leave();
    const { store, names } = this.options;
    await store.run(LEAVE, [names.of('instances')], [this.id], PATIENCE).catch(() => {});
  }

  /** Reports immediately, as after a change of the reader. Never rejects: without a report this instance is not listed, but it still works. */
  async say(): Promise<void> {
    clearTimeout(this.timer);
    if (this.isClosed) return;
    this.timer = setTimeout(() => void this.say(), this.beat).unref();
    try {
      this.ahead ??= await this.asked(TIME, []);
      // Once more where the store's clock was set meanwhile.
      if (Math.abs(await this.send(this.ahead)) > SLACK) await this.send(this.ahead);
    } catch {
      // The store is away.
    }
  }

  /** Milliseconds by which the time in the report was wrong. Rejects with StoreError. */
  private async send(ahead: number): Promise<number> {
    const { seal, report } = this.options;
    const dated: DatedReport = { ...clipped(report()), at: Math.round(this.clock() + ahead) };
    const sealed = seal.seal(Buffer.from(JSON.stringify(dated), 'utf8'), [this.id]).toString('base64');
    if (this.isClosed) return 0;
    this.ahead = await this.asked(SAY, [this.id, sealed, FORGOTTEN]);
    return this.ahead - ahead;
  }

  /** How far the store's clock is ahead, as a script says that returns its time; by half of what the answer took too much or too little. */
  private async asked(what: Script, args: readonly Argument[]): Promise<number> {
    const { store, names } = this.options;
    const now = await store.run(what, [names.of('instances')], args, PATIENCE);
    if (typeof now !== 'number') throw new StoreError('garbled', 'no time');
    return now - this.clock();
  }
}

function clipped(report: InstanceReport): InstanceReport {
  const { instance, version, startedAt, why } = report;
  const clip = (text: string) => text.slice(0, MOST_TEXT);
  return { ...report, instance: clip(instance), version: clip(version), startedAt: clip(startedAt), why: clip(why) };
}
