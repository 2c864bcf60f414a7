// What the store itself decides, each in one step that nobody gets between. Times are the store's own: the clocks of instances may differ.
//
// Of one account there is a hash, with these fields (addresses, passwords and tokens are keyed hashes or random):
//   o<token>     a check on its way: when it began, and the address
//   f<token>     a wrong password: when, and the address
//   k<address>   when the account logged in there last
//   r<password>  a refused password: how often, when, what the account looked like, 1 if it is asked about again at once
//   a            the accepted password: which, when, by what it can be revoked, and a signature of the instance that saw it
//   g            grows with each revocation
// Of one address, a counter that ends with its window. Of all, `meta`: epoch and since (a store that was emptied has another epoch), seq (the last
// purge) and all (grows with each revocation of all accounts). The rules are those of gate/bind/rate-limiter.ts and credential-cache.ts.
import { script } from './store.js';

/** Lua 5.1 writes large numbers with an exponent. */
const PRELUDE = `
local function text(number) return string.format('%.0f', number) end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function when(value)
  local at, rest = string.match(value, '^(%d+) ?(.*)$')
  return tonumber(at), rest
end
local function keep(key, life)
  if redis.call('PTTL', key) < life then redis.call('PEXPIRE', key, text(life)) end
end
local function countAddress(key, window)
  if redis.call('INCR', key) == 1 then redis.call('PEXPIRE', key, text(window)) end
end
`;

/** Milliseconds: for so long an address is one at which the account logged in lately; addresses that are known of an account. */
export const LATELY = 7 * 24 * 3_600_000;
const MOST_KNOWN = 8;
/** Milliseconds for which the store keeps what all instances have in common, from the last greeting or purge on. */
export const META_LIFE = 30 * 24 * 3_600_000;
/** Refused passwords that are told apart of one account; pauses in times of binds.refusedTtl. */
const MOST_REFUSED = 16;
const PAUSES = [1, 30, 120, 360, 1440];

/**
 * KEYS: account, address, meta. ARGV: epoch, token, address, password ('' if it is not recalled), version, perAccount, accountWindow, flight,
 * perAddress, window, refusedTtl, ttl of accepted ones (0: none).
 *
 * Returns [what, now, revocations, accepted …]: `epoch` where the store is another one than the caller knows.
 */
export const DECIDE = script(`${PRELUDE}
local epoch, token, address, password, version = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local perAccount, window, flight = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local perAddress, addressWindow = tonumber(ARGV[9]), tonumber(ARGV[10])
local refusedTtl, ttl = tonumber(ARGV[11]), tonumber(ARGV[12])
local meta = redis.call('HMGET', KEYS[3], 'epoch', 'all')
if meta[1] ~= epoch then return { 'epoch', text(now) } end
local count, isFrom, isKnown, refusal, accepted, revoked = 0, false, false, nil, nil, '0'
local gone = {}
local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
  local field, value = fields[i], fields[i + 1]
  local kind = string.sub(field, 1, 1)
  if kind == 'o' or kind == 'f' then
    local at, from = when(value)
    if at <= now - window - (kind == 'o' and flight or 0) then gone[#gone + 1] = field
    else
      count = count + 1
      if from == address then isFrom = true end
    end
  elseif kind == 'k' then
    if field == 'k' .. address and tonumber(value) > now - ${LATELY} then isKnown = true end
  elseif field == 'r' .. password then refusal = value
  elseif field == 'a' then accepted = value
  elseif field == 'g' then revoked = value end
end
for i = 1, #gone do redis.call('HDEL', KEYS[1], gone[i]) end
local revocations = revoked .. '.' .. (meta[2] or '0')
local isTrusted = isKnown and not (count > 0 and isFrom)
local isUsedUp = tonumber(redis.call('GET', KEYS[2]) or '0') >= perAddress
if accepted and ttl > 0 and password ~= '' then
  local which, at, by, signature = string.match(accepted, '^(%S+) (%d+) (%S+) (%S+)$')
  local mayRecall = isTrusted or (not isUsedUp and (count < perAccount or isKnown))
  if which == password and by == revocations and now - tonumber(at) < ttl and mayRecall then
    return { 'accepted', text(now), revocations, at, signature }
  end
end
if refusal and password ~= '' then
  local times, at, looked, isDue = string.match(refusal, '^(%d+) (%d+) (%S*) (%d)$')
  local pauses = { ${PAUSES.join(', ')} }
  local pause = refusedTtl * pauses[math.min(tonumber(times), #pauses)]
  if isDue == '0' and looked == version and now - tonumber(at) < pause then return { 'refused', text(now) } end
end
if not isTrusted and isUsedUp then return { 'address', text(now) } end
if count >= perAccount + (isTrusted and 1 or 0) then
  if isKnown then countAddress(KEYS[2], addressWindow) end
  return { 'account', text(now) }
end
redis.call('HSET', KEYS[1], 'o' .. token, text(now) .. ' ' .. address)
keep(KEYS[1], window + flight)
return { 'allowed', text(now), revocations }
`);

/**
 * KEYS: account, address. ARGV: token, outcome, address, password ('' if it is not kept), version, since it began, since it ended, how often
 * it was sent, perAccount, accountWindow, flight, window, refusedTtl, then of an accepted one that is kept: when, revocations, signature.
 * The same may come twice.
 */
export const SETTLE = script(`${PRELUDE}
local token, outcome, address, password, version = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local began, ended, times = now - tonumber(ARGV[6]), now - tonumber(ARGV[7]), tonumber(ARGV[8])
local perAccount, window, flight = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
local addressWindow, refusedTtl = tonumber(ARGV[12]), tonumber(ARGV[13])
local open = redis.call('HGET', KEYS[1], 'o' .. token)
if open then
  began = math.min((when(open)), ended)
  redis.call('HDEL', KEYS[1], 'o' .. token)
end
if outcome == 'undecided' then return 0 end
local known, failures, refused, accepted = {}, {}, {}, nil
local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
  local field, value = fields[i], fields[i + 1]
  local kind = string.sub(field, 1, 1)
  if kind == 'k' then known[#known + 1] = { field, tonumber(value) }
  elseif kind == 'f' then failures[#failures + 1] = { field, (when(value)) }
  elseif kind == 'r' then
    local _, at = string.match(value, '^(%d+) (%d+) ')
    refused[#refused + 1] = { field, tonumber(at), value }
  elseif field == 'a' then accepted = value end
end
local function oldestOut(list, most)
  if #list <= most then return end
  table.sort(list, function(a, b) return a[2] < b[2] end)
  for i = 1, #list - most do redis.call('HDEL', KEYS[1], list[i][1]) end
end
if outcome == 'right' then
  for _, failure in ipairs(failures) do
    if failure[2] <= began then redis.call('HDEL', KEYS[1], failure[1]) end
  end
  local isNew = redis.call('HSET', KEYS[1], 'k' .. address, text(ended)) == 1
  if isNew then
    known[#known + 1] = { 'k' .. address, ended }
    oldestOut(known, ${MOST_KNOWN})
  end
  for _, each in ipairs(refused) do
    if each[1] == 'r' .. password then redis.call('HDEL', KEYS[1], each[1])
    else redis.call('HSET', KEYS[1], each[1], (string.gsub(each[3], '%d$', '1'))) end
  end
  if ARGV[14] then
    redis.call('HSET', KEYS[1], 'a', password .. ' ' .. ARGV[14] .. ' ' .. ARGV[15] .. ' ' .. ARGV[16])
  else redis.call('HDEL', KEYS[1], 'a') end
  keep(KEYS[1], math.max(${LATELY}, window + flight))
  return 1
end
if redis.call('HEXISTS', KEYS[1], 'f' .. token) == 0 and now - ended < window then
  for i = 1, times do
    local field = 'f' .. token .. (i == 1 and '' or '.' .. i)
    redis.call('HSET', KEYS[1], field, text(ended) .. ' ' .. address)
    failures[#failures + 1] = { field, ended }
  end
  oldestOut(failures, perAccount + 1)
  if now - ended < addressWindow then countAddress(KEYS[2], addressWindow) end
end
keep(KEYS[1], window + flight)
if password ~= '' then
  if accepted and string.sub(accepted, 1, #password + 1) == password .. ' ' then redis.call('HDEL', KEYS[1], 'a') end
  local before = redis.call('HGET', KEYS[1], 'r' .. password)
  local often, at = 0, 0
  if before then
    often, at = string.match(before, '^(%d+) (%d+) ')
    often, at = tonumber(often), tonumber(at)
  end
  -- What is told twice is one refusal.
  if at + 1000 < ended then
    redis.call('HSET', KEYS[1], 'r' .. password, text(often + 1) .. ' ' .. text(ended) .. ' ' .. version .. ' 0')
    if not before then
      refused[#refused + 1] = { 'r' .. password, ended }
      oldestOut(refused, ${MOST_REFUSED})
    end
  end
  keep(KEYS[1], refusedTtl * ${PAUSES.at(-1)})
end
return 1
`);

/**
 * KEYS: meta, purges. ARGV: a new epoch, the last purge that is known ('' for one that knows nothing yet), milliseconds that both are kept.
 * Returns [epoch, its age, the last purge, purges since …]; `gap` in their place where some of them are gone.
 */
export const GREET = script(`${PRELUDE}
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'since', 'seq')
local epoch, since, seq = meta[1], tonumber(meta[2] or now), tonumber(meta[3] or 0)
if not epoch then
  epoch, since = ARGV[1], now
  redis.call('HSET', KEYS[1], 'epoch', epoch, 'since', text(now))
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
local answer = { epoch, text(math.max(0, now - since)), text(seq) }
local last = tonumber(ARGV[2])
if last == nil or last == seq then return answer end
local missing = seq - last
if missing < 0 or redis.call('LLEN', KEYS[2]) < missing then answer[4] = 'gap'
else
  for _, each in ipairs(redis.call('LRANGE', KEYS[2], text(-missing), '-1')) do answer[#answer + 1] = each end
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
  for _, field in ipairs(redis.call('HKEYS', KEYS[3])) do
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
