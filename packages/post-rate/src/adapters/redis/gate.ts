import { hashFields } from './stats-hash.ts'

/** How long a tombstone stays, in milliseconds: longer than the topic keeps messages about the post. */
export const tombstoneMs = 8 * 24 * 3600 * 1000

/**
 * Sets one post's hash if it is newer, whole and atomically: a copy is replaced only by a newer version. KEYS[1] is the
 * hash; ARGV is trusted (1/0), ceiling, deleted (1/0), tombstone milliseconds, then the values of {@link hashFields}.
 * Returns an ApplyOutcome. A hash that is damaged, or whose version is not below the ceiling, counts as missing.
 * Versions are below 2^53, so Lua's doubles compare them exactly.
 */
export const gateScript = `
local key = KEYS[1]
local fields = {${hashFields.map((field) => `'${field}'`).join(',')}}
local trusted, ceiling, deleted, lifetime = ARGV[1] == '1', tonumber(ARGV[2]), ARGV[3] == '1', ARGV[4]

local function counter(text)
  if not text or #text > 16 or not (text == '0' or string.match(text, '^[1-9]%d*$')) then return nil end
  local value = tonumber(text)
  if value <= 9007199254740991 then return value end
end

-- row[at] is the count, row[at + 1] the sum; the six counters start at from.
local function adds_up(row, at, from)
  local count, sum = 0, 0
  for score = 0, 5 do
    local n = counter(row[from + score])
    if not n then return false end
    count, sum = count + n, sum + score * n
  end
  return counter(row[at]) == count and counter(row[at + 1]) == sum
end

local function time(text)
  return text and string.match(text, '^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d%d%dZ$')
end

local function whole(row)
  local average, guard = row[13], row[24]
  return adds_up(row, 2, 4) and counter(row[10]) and adds_up(row, 11, 14)
    and average and (average == '' or string.match(average, '^[0-5]$') or string.match(average, '^[0-4]%.%d+$'))
    and time(row[20]) and (row[21] == '' or time(row[21])) and (row[22] == '' or time(row[22]))
    and counter(row[23]) and guard and (guard == '' or pcall(cjson.decode, guard))
end

local function stored()
  local length = redis.pcall('HLEN', key)
  if type(length) ~= 'number' or length == 0 then return nil end
  local row = redis.call('HMGET', key, 'deleted', unpack(fields))
  local buried = table.remove(row, 1) == '1'
  if length ~= #fields + (buried and 1 or 0) or not whole(row) then return nil end
  local version = counter(row[1])
  if version and version < ceiling then return version, row, buried end
end

local version, row, buried = stored()
if version then
  local new = counter(ARGV[5])
  if new < version then return 'stale' end
  if new == version then
    local same = buried == deleted
    for i = 1, #fields do same = same and row[i] == ARGV[4 + i] end
    if not same then return 'conflict' end
    if not deleted then redis.call('PERSIST', key)
    elseif redis.call('PTTL', key) < 0 then redis.call('PEXPIRE', key, lifetime) end
    return 'same'
  end
elseif not trusted then
  return 'unknown'
end

local pairs_of = {}
for i = 1, #fields do
  pairs_of[2 * i - 1], pairs_of[2 * i] = fields[i], ARGV[4 + i]
end
if deleted then
  pairs_of[2 * #fields + 1], pairs_of[2 * #fields + 2] = 'deleted', '1'
end
-- Not without need: a script that has written is no longer refused by a full server.
if redis.call('EXISTS', key) == 1 then redis.call('DEL', key) end
redis.call('HSET', key, unpack(pairs_of))
if deleted then redis.call('PEXPIRE', key, lifetime) end
return 'written'
`
