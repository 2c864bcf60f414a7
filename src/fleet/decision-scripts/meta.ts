// What all instances have in common in the store: which store it is, and the purges.
//
// `meta` is a hash: epoch and since (a store that was emptied has another epoch), seq (the last purge) and all (grows with each revocation of all
// accounts). `purges` lists the last of them.
import { script } from '../store.js';
import { PRELUDE } from './prelude.js';

/** Milliseconds for which the store keeps what all instances have in common, from the last greeting or purge on. */
export const META_LIFE = 30 * 24 * 3_600_000;
/** Purges that are kept for instances that are cut off. */
export const MOST_LISTED = 4096;
/** Characters of all purges that are passed on at a time: more than an instance can have missed of all that are listed. */
const MOST_MISSED = 2_000_000;

/**
 * KEYS: meta, purges. ARGV: a new epoch, the last purge that is known (0 for an instance that knows none, '' for none to be listed), milliseconds that both are
 * kept, the channel on which a new epoch is announced: otherwise the other instances would not notice in time that the store was emptied under
 * open connections.
 * Returns [epoch, its age, the last purge, purges since …]; `gap` in their place where some of them are gone.
 */
export const GREET = script(`${PRELUDE}
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'since', 'seq')
local epoch, since, seq = meta[1], tonumber(meta[2] or now), tonumber(meta[3] or 0)
if not epoch then
  epoch, since = ARGV[1], now
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'since', text(now))
  redis.call('PUBLISH', ARGV[4], epoch)
elseif since > now then
  -- The clock has gone back: the grace begins once more, and is not as long as that.
  since = now
  redis.call('HSET', KEYS[1], 'since', text(now))
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
local answer = { epoch, text(math.max(0, now - since)), text(seq) }
local last = tonumber(ARGV[2])
if last == nil or last == seq then return answer end
local missing = seq - last
if missing < 0 or missing > ${MOST_LISTED} or redis.call('LLEN', KEYS[2]) < missing then return { answer[1], answer[2], answer[3], 'gap' } end
local length = 0
for _, each in ipairs(redis.call('LRANGE', KEYS[2], text(-missing), '-1')) do
  length = length + #each
  if length > ${MOST_MISSED} then return { answer[1], answer[2], answer[3], 'gap' } end
  answer[#answer + 1] = each
end
return answer
`);

/**
 * KEYS: meta, purges, account (of a purge of one). ARGV: kind, the message, the channel, how many are kept, for how many milliseconds.
 * Kinds are those of fleet/purges.ts. Returns its number.
 */
export const PURGE = script(`
local kind = ARGV[1]
if KEYS[3] then
  local fields = redis.pcall('HKEYS', KEYS[3])
  -- Spoilt by somebody else: nothing of it is left to be purged then.
  if fields.err or string.find(redis.call('HGET', KEYS[3], 'g') or '0', '[^%d]') then
    redis.call('DEL', KEYS[3])
    fields = {}
  end
  for _, field in ipairs(fields) do
    local what = string.sub(field, 1, 1)
    if (what == 'f' and kind == 'forget') or (what == 'r' and kind ~= 'revoke') or (what == 'a' and kind ~= 'renew') then
      redis.call('HDEL', KEYS[3], field)
    end
  end
  if kind ~= 'renew' then
    redis.call('HINCRBY', KEYS[3], 'g', 1)
    if redis.call('PTTL', KEYS[3]) < tonumber(ARGV[5]) then redis.call('PEXPIRE', KEYS[3], ARGV[5]) end
  end
else redis.call('HINCRBY', KEYS[1], 'all', 1) end
local seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
local message = string.format('%.0f', seq) .. ' ' .. ARGV[2]
redis.call('RPUSH', KEYS[2], message)
redis.call('LTRIM', KEYS[2], -tonumber(ARGV[4]), -1)
redis.call('PEXPIRE', KEYS[1], ARGV[5])
redis.call('PEXPIRE', KEYS[2], ARGV[5])
redis.call('PUBLISH', ARGV[3], message)
return seq
`);
