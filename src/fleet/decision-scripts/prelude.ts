// What scripts of decisions begin with: the store's time, and functions that several of them use.

/** Lua 5.1 writes large numbers with an exponent, hence `text`. */
export const PRELUDE = `
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
