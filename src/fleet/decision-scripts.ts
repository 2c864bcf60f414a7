// What the store itself decides, each in one step that nobody gets between. Times are the store's own: the clocks of instances may differ.
//
// Of one account there is a hash, with these fields (addresses, passwords and tokens are keyed hashes or random):
//   o<token>     a check on its way: when it began, the address, and the password where it may be recalled
//   f<token>     a wrong password: when, and the address
//   k<address>   when the account logged in there last
//   l            when the last right password was sent: failures before it are forgiven, even if they are reported later
//   r<password>  a refused password: how often, when, what the account looked like, 1 if the upstream is asked again immediately
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
  local count = redis.pcall('INCR', key)
  -- Spoilt by somebody else.
  if type(count) == 'table' then
    redis.call('DEL', key)
    count = redis.call('INCR', key)
  end
  if count == 1 then redis.call('PEXPIRE', key, text(window)) end
end
`;

/** Milliseconds for which an address counts as one where the account logged in recently; and the limit of such addresses for an account. */
export const LATELY = 7 * 24 * 3_600_000;
const MOST_KNOWN = 8;
/** Milliseconds for which the store keeps what all instances have in common, from the last greeting or purge on. */
export const META_LIFE = 30 * 24 * 3_600_000;
/** Purges that are kept for instances that are cut off. */
export const MOST_LISTED = 4096;
/** The limit of different refused passwords of one account; pauses as multiples of binds.refusedTtl. */
const MOST_REFUSED = 16;
const PAUSES = [1, 30, 120, 360, 1440];
/** Characters of what is passed on from the store: two counters, and an accepted password with its signature. */
const MOST_REVOCATIONS = 40;
const MOST_ACCEPTED = 300;
/** Characters of all purges that are passed on at a time: more than an instance can have missed of all that are listed. */
const MOST_MISSED = 2_000_000;

/**
 * Decisions and outcomes of one moment, in their order. KEYS: meta; those of accounts and addresses are in the same slot, and are named after it.
 * ARGV: epoch, and a line for each, its fields separated by spaces, `-` in place of an empty one:
 *
 *   l perAccount accountWindow flight perAddress window refusedTtl ttl
 *     What the lines after it use; ttl: of accepted passwords. It has no answer.
 *   d account token address counter password recalled version
 *     password: `-` if it is not recalled; recalled: `a` as accepted, `r` as refused, or both.
 *     Answers `what now [revocations [accepted …]]`; `wait` where only what becomes of an equal password on its way can say whether the limit
 *     is reached; `epoch` where the store is another one than the caller knows.
 *   s account token outcome address counter password version began ended times [at revocations signature]
 *     password: `-` if it is not kept; counter and version: `-` unless it was wrong; began, ended: milliseconds since; times: how often it was
 *     sent; the rest: of an accepted one that is kept, if this is still the store that let it through.
 *     The same may come twice. Answers 1; 2 for a right one by which wrong ones before it are forgiven.
 *
 * Returns a line for each. One whose key or value somebody else has spoilt answers `error`, and the others are carried out; what the store
 * cannot do at all (a read-only replica, no memory) is an error of the whole.
 */
export const BATCH = script(`${PRELUDE}
local function value(field) if field == '-' then return '' end return field end

local perAccount, window, flight, perAddress, addressWindow, refusedTtl, ttl

local function decide(account, addressKey, f, meta)
  local token, address, password, version = f[3], f[4], value(f[6]), value(f[8])
  local mayAccept, mayRefuse = string.find(f[7], 'a', 1, true), string.find(f[7], 'r', 1, true)
  if meta[1] ~= ARGV[1] then return 'epoch ' .. text(now) end
  local count, isFrom, isKnown, isAsked, refusal, accepted, revoked = 0, false, false, false, nil, nil, '0'
  local gone = {}
  local fields = redis.call('HGETALL', account)
  for i = 1, #fields, 2 do
    local field, value = fields[i], fields[i + 1]
    local kind = string.sub(field, 1, 1)
    if kind == 'o' or kind == 'f' then
      local at, from = when(value)
      if at <= now - window - (kind == 'o' and flight or 0) then gone[#gone + 1] = field
      else
        count = count + 1
        local where, which = string.match(from, '^(%S+) ?(%S*)$')
        if where == address then isFrom = true end
        -- One that began longer ago is of an instance that has crashed.
        if kind == 'o' and which == password and password ~= '' and at > now - flight then isAsked = true end
      end
    elseif kind == 'k' then
      if field == 'k' .. address and tonumber(value) > now - ${LATELY} then isKnown = true end
    elseif field == 'r' .. password then refusal = value
    elseif field == 'a' then accepted = value
    elseif field == 'g' then revoked = value end
  end
  for i = 1, #gone do redis.call('HDEL', account, gone[i]) end
  local revocations = revoked .. '.' .. (meta[2] or '0')
  -- Somebody else's line break would be a line of this batch's answer.
  if string.find(revocations, '[^%d.]') or #revocations > ${MOST_REVOCATIONS} then error('spoilt') end
  local isTrusted = isKnown and not (count > 0 and isFrom)
  local isUsedUp = tonumber(redis.call('GET', addressKey) or '0') >= perAddress
  if accepted and mayAccept and password ~= '' and #accepted <= ${MOST_ACCEPTED} then
    local which, at, by, signature = string.match(accepted, '^(%S+) (%d+) (%S+) (%S+)$')
    local mayRecall = isTrusted or (not isUsedUp and (count < perAccount or isKnown))
    local age = now - (tonumber(at) or now)
    if which == password and by == revocations and age >= 0 and age < ttl and mayRecall then
      return 'accepted ' .. text(now) .. ' ' .. revocations .. ' ' .. at .. ' ' .. signature
    end
  end
  if refusal and mayRefuse and password ~= '' then
    local times, at, looked, isDue = string.match(refusal, '^(%d+) (%d+) (%S*) (%d)$')
    local pauses = { ${PAUSES.join(', ')} }
    local pause = refusedTtl * pauses[math.min(tonumber(times), #pauses)]
    if isDue == '0' and looked == version and now - tonumber(at) < pause then return 'refused ' .. text(now) end
  end
  if not isTrusted and isUsedUp then return 'address ' .. text(now) end
  if count >= perAccount + (isTrusted and 1 or 0) then
    if isAsked then return 'wait ' .. text(now) end
    if isKnown then countAddress(addressKey, addressWindow) end
    return 'account ' .. text(now)
  end
  redis.call('HSET', account, 'o' .. token, text(now) .. ' ' .. address .. (password == '' and '' or ' ' .. password))
  keep(account, window + flight)
  return 'allowed ' .. text(now) .. ' ' .. revocations
end

local function settle(account, addressKey, f, meta)
  local token, outcome, address, password, version = f[3], f[4], f[5], value(f[7]), value(f[8])
  local began, ended, times = now - tonumber(f[9]), now - tonumber(f[10]), tonumber(f[11])
  local open = redis.call('HGET', account, 'o' .. token)
  if open then
    began = math.min((when(open)), ended)
    redis.call('HDEL', account, 'o' .. token)
  end
  if outcome == 'undecided' then return '1' end
  local known, failures, refused, accepted, lastRight = {}, {}, {}, nil, 0
  local fields = redis.call('HGETALL', account)
  for i = 1, #fields, 2 do
    local field, value = fields[i], fields[i + 1]
    local kind = string.sub(field, 1, 1)
    if kind == 'k' then known[#known + 1] = { field, tonumber(value) }
    elseif kind == 'f' then failures[#failures + 1] = { field, (when(value)) }
    elseif kind == 'r' then
      local _, at = string.match(value, '^(%d+) (%d+) ')
      refused[#refused + 1] = { field, tonumber(at), value }
    elseif field == 'l' then lastRight = tonumber(value)
    elseif field == 'a' then accepted = value end
  end
  -- The clock has gone back: what is from the future happened before.
  if lastRight > now then lastRight = 0 end
  local function oldestOut(list, most)
    if #list <= most then return end
    table.sort(list, function(a, b) return a[2] < b[2] end)
    for i = 1, #list - most do redis.call('HDEL', account, list[i][1]) end
  end
  if outcome == 'right' then
    -- Reported late, it says nothing against a password that was accepted or refused since it was sent.
    local isNewest = began >= lastRight
    local answer = '1'
    for _, failure in ipairs(failures) do
      if failure[2] <= began or failure[2] > now then
        redis.call('HDEL', account, failure[1])
        answer = '2'
      end
    end
    if began > lastRight then redis.call('HSET', account, 'l', text(began)) end
    local isNew = redis.call('HSET', account, 'k' .. address, text(ended)) == 1
    if isNew then
      known[#known + 1] = { 'k' .. address, ended }
      oldestOut(known, ${MOST_KNOWN})
    end
    for _, each in ipairs(refused) do
      if each[1] ~= 'r' .. password then redis.call('HSET', account, each[1], (string.gsub(each[3], '%d$', '1')))
      elseif each[2] <= ended + 1000 then redis.call('HDEL', account, each[1])
      else isNewest = false end
    end
    if not isNewest then
    elseif f[12] and meta[1] == ARGV[1] then redis.call('HSET', account, 'a', password .. ' ' .. f[12] .. ' ' .. f[13] .. ' ' .. f[14])
    elseif accepted then redis.call('HDEL', account, 'a') end
    keep(account, math.max(${LATELY}, window + flight))
    return answer
  end
  if redis.call('HEXISTS', account, 'f' .. token) == 0 and now - ended < window and ended >= lastRight then
    for i = 1, times do
      local field = 'f' .. token .. (i == 1 and '' or '.' .. i)
      redis.call('HSET', account, field, text(ended) .. ' ' .. address)
      failures[#failures + 1] = { field, ended }
    end
    oldestOut(failures, perAccount + 1)
    if now - ended < addressWindow then countAddress(addressKey, addressWindow) end
  end
  keep(account, window + flight)
  if password ~= '' then
    if accepted and string.sub(accepted, 1, #password + 1) == password .. ' ' then redis.call('HDEL', account, 'a') end
    local before = redis.call('HGET', account, 'r' .. password)
    local often, at = 0, 0
    if before then
      often, at = string.match(before, '^(%d+) (%d+) ')
      often, at = tonumber(often), tonumber(at)
    end
    -- What is reported twice is one refusal.
    if at + 1000 < ended then
      redis.call('HSET', account, 'r' .. password, text(often + 1) .. ' ' .. text(ended) .. ' ' .. version .. (ended < lastRight and ' 1' or ' 0'))
      if not before then
        refused[#refused + 1] = { 'r' .. password, ended }
        oldestOut(refused, ${MOST_REFUSED})
      end
    end
    keep(account, refusedTtl * ${PAUSES.at(-1)})
  end
  return '1'
end

local beginning = string.sub(KEYS[1], 1, -#'meta' - 1)

local function step(line, meta)
  local f, n = {}, 0
  for field in string.gmatch(line, '%S+') do
    n = n + 1
    f[n] = field
  end
  if f[1] == 'l' then
    perAccount, window, flight = tonumber(f[2]), tonumber(f[3]), tonumber(f[4])
    perAddress, addressWindow, refusedTtl, ttl = tonumber(f[5]), tonumber(f[6]), tonumber(f[7]), tonumber(f[8])
    return nil
  end
  local account = beginning .. 'account:' .. f[2]
  if f[1] == 'd' then return decide(account, beginning .. 'address:' .. f[5], f, meta) end
  return settle(account, beginning .. 'address:' .. f[6], f, meta)
end

local meta = redis.call('HMGET', KEYS[1], 'epoch', 'all')
local lines = {}
for each in string.gmatch(ARGV[2], '[^\\n]+') do
  local isDone, line = pcall(step, each, meta)
  if not isDone then
    local why = type(line) == 'table' and (line.err or '') or tostring(line)
    -- Errors of Lua name the script and a line; WRONGTYPE is one key's.
    if not string.find(why, 'WRONGTYPE', 1, true) and not string.find(why, 'script:', 1, true) then error(line, 0) end
    line = 'error'
  end
  lines[#lines + 1] = line
end
return table.concat(lines, '\\n')
`);

/**
 * KEYS: meta, purges. ARGV: a new epoch, the last purge that is known ('' for an instance that knows nothing yet), milliseconds that both are
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
