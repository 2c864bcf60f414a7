// What the store does with an account: functions of BATCH (batch.ts), which calls them for one line each.
//
// Of one account there is a hash, with these fields (addresses, passwords and tokens are keyed hashes or random):
//   o<token>     a check on its way: when it began, the address, and the password where it may be recalled
//   f<token>     a wrong password: when, and the address
//   k<address>   when the account logged in there last
//   l            when the last right password was sent: failures before it are forgiven, even if they are reported later
//   r<password>  a refused password: how often, when, what the account looked like, 1 if the upstream is asked again immediately
//   a            the accepted password: which, when, by what it can be revoked, and a signature of the instance that saw it
//   g            grows with each revocation
// Of one address, a counter that ends with its window. The rules are those of gate/bind/rate-limiter.ts and credential-cache.ts.

/** Milliseconds for which an address counts as one where the account logged in recently; and the limit of such addresses for an account. */
const LATELY = 7 * 24 * 3_600_000;
const MOST_KNOWN = 8;
/** The limit of different refused passwords of one account; pauses as multiples of binds.refusedTtl. */
const MOST_REFUSED = 16;
const PAUSES = [1, 30, 120, 360, 1440];
/** Characters of what is passed on from the store: two counters, and an accepted password with its signature. */
const MOST_REVOCATIONS = 40;
const MOST_ACCEPTED = 300;

/** `decide(account, addressKey, f, meta)`: the answer to a line `d`, whose fields are `f`. What it lets through counts from then on. */
export const DECIDE = `
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
`;

/** `settle(account, addressKey, f, meta)`: the answer to a line `s`, whose fields are `f`: what became of a password. */
export const SETTLE = `
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
`;
