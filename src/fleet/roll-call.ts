// The instances of the fleet: each reports every few seconds, sealed, and is dropped when it does not. Times are the store's own.
import { randomBytes } from 'node:crypto';
import type { FleetNames } from './names.js';
import type { Seal } from './seal.js';
import { type Store, StoreError, script } from './store.js';

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
}

export interface Roll {
  /** By their names. */
  readonly instances: readonly Present[];
  /** How many said something that does not open with this fleet's key. */
  readonly unreadable: number;
}

/** Milliseconds from one report to the next, and after which an instance is dropped. */
const BEAT = 10_000;
const FORGOTTEN = 35_000;
const PATIENCE = 1000;
const MOST_INSTANCES = 1000;

const NOW = "local t = redis.call('TIME') local now = t[1] * 1000 + math.floor(t[2] / 1000) ";
const SAY = script(`${NOW}
local all = redis.call('HGETALL', KEYS[1])
local count = 0
for i = 1, #all, 2 do
  local at = tonumber(string.match(all[i + 1], '^(%d+) '))
  if not at or now - at > tonumber(ARGV[3]) then redis.call('HDEL', KEYS[1], all[i]) else count = count + 1 end
end
if count < tonumber(ARGV[4]) or redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', now) .. ' ' .. ARGV[2])
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1`);
const LIST = script(`${NOW} return { now, redis.call('HGETALL', KEYS[1]) }`);
const LEAVE = script(`return redis.call('HDEL', KEYS[1], ARGV[1])`);

export interface RollCallOptions {
  readonly store: Store;
  readonly names: FleetNames;
  readonly seal: Seal;
}

/** The instances that are present. Rejects with StoreError. */
export async function callRoll({ store, names, seal }: RollCallOptions): Promise<Roll> {
  const answer = await store.run(LIST, [names.of('instances')], [], PATIENCE);
  const [now, all] = Array.isArray(answer) ? (answer as unknown[]) : [];
  if (typeof now !== 'number' || !Array.isArray(all)) throw new StoreError('garbled', 'an answer that is not a list');
  const instances: Present[] = [];
  let unreadable = 0;
  for (let i = 0; i + 1 < all.length; i += 2) {
    const present = presentOf(String(all[i]), String(all[i + 1]), now, seal);
    if (present === undefined) unreadable++;
    else if (present.heard <= FORGOTTEN) instances.push(present);
  }
  instances.sort((a, b) => (a.instance < b.instance ? -1 : 1));
  return { instances, unreadable };
}

function presentOf(id: string, said: string, now: number, seal: Seal): Present | undefined {
  const [at = '', sealed = ''] = said.split(' ');
  const octets = seal.open(Buffer.from(sealed, 'base64'), [id]);
  if (octets === undefined) return undefined;
  return { ...(JSON.parse(octets.toString('utf8')) as InstanceReport), heard: Math.max(0, now - Number(at)) };
}

/** Says every few seconds that this instance is there. */
export class Presence {
  private readonly id = randomBytes(9).toString('base64url');
  private timer: NodeJS.Timeout | undefined;
  private isClosed = false;
  private readonly leave: () => void;

  constructor(
    private readonly options: RollCallOptions & { readonly report: () => InstanceReport },
    private readonly beat = BEAT,
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
    const { store, names, seal, report } = this.options;
    const sealed = seal.seal(Buffer.from(JSON.stringify(report()), 'utf8'), [this.id]).toString('base64');
    await store
      .run(SAY, [names.of('instances')], [this.id, sealed, FORGOTTEN, MOST_INSTANCES], PATIENCE)
      .catch(() => {});
  }
}
