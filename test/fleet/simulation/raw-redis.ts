// A connection to a real Redis without timers of its own: what it runs is the product's scripts, in virtual time.
import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { Argument } from '../../../src/fleet/store.js';

export type Reply = string | number | null | Buffer | Reply[];
export interface Outcome {
  readonly reply: unknown;
  /** What the script has published: channel, message, and so on. */
  readonly published: readonly Buffer[];
}

/**
 * Around each script: the store's clock is what the last argument says, lives of keys are by that clock, and what it publishes is handed over
 * with the answer.
 */
const AROUND = (text: string) => `
local virtualNow = tonumber(table.remove(ARGV))
local real, outbox = redis, {}
local LIVES = '{lives}'
local function isThere(key) return real.call('EXISTS', key) == 1 end
for _, key in ipairs(real.call('ZRANGEBYSCORE', LIVES, '-inf', virtualNow)) do
  real.call('DEL', key)
  real.call('ZREM', LIVES, key)
end
local function ends(key, ms)
  if not isThere(key) then return 0 end
  real.call('ZADD', LIVES, string.format('%.0f', virtualNow + tonumber(ms)), key)
  return 1
end
local commands = {
  TIME = function()
    return { string.format('%.0f', math.floor(virtualNow / 1000)), string.format('%.0f', (virtualNow % 1000) * 1000) }
  end,
  PEXPIRE = ends,
  PTTL = function(key)
    if not isThere(key) then return -2 end
    local at = real.call('ZSCORE', LIVES, key)
    if not at then return -1 end
    return tonumber(at) - virtualNow
  end,
  SET = function(key, value, px, ms)
    local said = real.call('SET', key, value)
    real.call('ZREM', LIVES, key)
    if px then ends(key, ms) end
    return said
  end,
  PUBLISH = function(channel, message)
    outbox[#outbox + 1] = channel
    outbox[#outbox + 1] = message
    return 1
  end,
}
local function call(name, key, ...)
  local own = commands[string.upper(name)]
  if own then return own(key, ...) end
  local said
  if key == nil then said = real.call(name) else said = real.call(name, key, ...) end
  if key ~= nil and not isThere(key) then real.call('ZREM', LIVES, key) end
  return said
end
local redis = setmetatable({
  call = call,
  pcall = function(...)
    local isDone, said = pcall(call, ...)
    if isDone then return said end
    if type(said) == 'table' then return said end
    return { err = tostring(said) }
  end,
}, { __index = real })
local function script()
${text}
end
local answer = script()
if type(answer) == 'table' and answer.err then return answer end
return { outbox, answer }`;

/** One connection; commands are answered in their order. */
export class RawRedis {
  private readonly waiting: { readonly resolve: (reply: Reply) => void; readonly reject: (error: Error) => void }[] =
    [];
  private readonly known = new Map<string, string>();
  private rest: Buffer = Buffer.alloc(0);

  private constructor(private readonly socket: Socket) {
    socket.on('data', (octets: Buffer) => this.read(octets));
    socket.on('error', (error) => {
      for (const each of this.waiting.splice(0)) each.reject(error);
    });
  }

  /** `path`: of the Unix socket that it listens on, which costs half of what TCP does. */
  static open(path: string): Promise<RawRedis> {
    return new Promise((resolve, reject) => {
      const socket = connect(path, () => resolve(new RawRedis(socket)));
      socket.once('error', reject);
    });
  }

  /** At this virtual time, in milliseconds since 1970. Texts in the answer are bytes. */
  async run(text: string, keys: readonly string[], args: readonly Argument[], now: number): Promise<Outcome> {
    let digest = this.known.get(text);
    if (digest === undefined) {
      const whole = AROUND(text);
      digest = createHash('sha1').update(whole).digest('hex');
      this.known.set(text, digest);
      await this.command('SCRIPT', 'LOAD', whole);
    }
    const answer = await this.command('EVALSHA', digest, keys.length, ...keys, ...args, now);
    const [published, reply = null] = answer as [Buffer[], unknown];
    return { reply, published };
  }

  async flush(): Promise<void> {
    await this.command('FLUSHALL');
  }

  end(): void {
    this.socket.destroy();
  }

  private command(...args: readonly Argument[]): Promise<Reply> {
    let text = `*${args.length}\r\n`;
    for (const arg of args) {
      // A byte each.
      const octets = Buffer.isBuffer(arg) ? arg.toString('latin1') : Buffer.from(String(arg)).toString('latin1');
      text += `$${octets.length}\r\n${octets}\r\n`;
    }
    this.socket.write(text, 'latin1');
    return new Promise((resolve, reject) => void this.waiting.push({ resolve, reject }));
  }

  private read(octets: Buffer): void {
    this.rest = this.rest.length === 0 ? octets : Buffer.concat([this.rest, octets]);
    for (;;) {
      const parsed = parse(this.rest, 0);
      if (parsed === undefined) return;
      this.rest = this.rest.subarray(parsed.end);
      const first = this.waiting.shift()!;
      if (parsed.value instanceof Error) first.reject(parsed.value);
      else first.resolve(parsed.value as Reply);
    }
  }
}

/** One answer of RESP2 from here; undefined: it is not all there. */
function parse(octets: Buffer, from: number): { value: unknown; end: number } | undefined {
  const line = octets.indexOf('\r\n', from);
  if (line < 0) return undefined;
  const text = octets.toString('latin1', from + 1, line);
  const end = line + 2;
  switch (octets[from]) {
    case 0x2b:
      return { value: text, end };
    case 0x2d:
      return { value: new Error(text), end };
    case 0x3a:
      return { value: Number(text), end };
    case 0x24: {
      const length = Number(text);
      if (length < 0) return { value: null, end };
      if (octets.length < end + length + 2) return undefined;
      return { value: Buffer.from(octets.subarray(end, end + length)), end: end + length + 2 };
    }
    default: {
      const values: unknown[] = [];
      let next = end;
      for (let i = 0; i < Number(text); i++) {
        const each = parse(octets, next);
        if (each === undefined) return undefined;
        values.push(each.value);
        next = each.end;
      }
      return { value: values, end: next };
    }
  }
}
