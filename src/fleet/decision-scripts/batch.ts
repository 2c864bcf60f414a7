// The command by which all decisions and outcomes of a moment go to the store (fleet/batches.ts), one line for each.
import { script } from '../store.js';
import { DECIDE, SETTLE } from './account.js';
import { PRELUDE } from './prelude.js';

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
${DECIDE}${SETTLE}
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
