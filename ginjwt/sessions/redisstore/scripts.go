package redisstore

import (
	"strconv"
	"time"

	"github.com/redis/rueidis"
)

// The scripts are the atomic steps. The numbers in string.sub are where the parts
// of a session begin and end; see record.go.
//
// All keys that a script touches are in KEYS, so that a Redis Cluster runs it even
// while it moves the subject to another node. So the caller must name the
// revocations of the sessions that a script ends, before it can know which those
// are. If a script finds sessions that were not named, it changes nothing and
// returns their IDs, for the next attempt; see Store.named.
//
// A full Redis refuses commands that need memory, unless a script has changed
// something already. So a script whose first change is PEXPIRE or DEL works in a
// full Redis. One that begins with HSET is refused, and leaves nothing behind.

const prelude = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)

local function alive(session)
  return session and tonumber(string.sub(session, 1, 16)) > now
end

local function until_(ttl)
  return string.format('%016.0f', now + ttl)
end

-- longer gives a key more time, never less.
local function longer(key, ttl)
  if redis.call('PTTL', key) < tonumber(ttl) then
    redis.call('PEXPIRE', key, ttl)
  end
end

local function revoke(key, ttl)
  if redis.call('PTTL', key) < tonumber(ttl) then
    redis.call('DEL', key)
    redis.call('SET', key, 1, 'PX', ttl)
  end
end

-- named returns the key of each ID: ARGV has them from first on, KEYS from key on.
local function named(first, key)
  local keys = {}
  for i = first, #ARGV do
    keys[ARGV[i]] = KEYS[key + i - first]
  end
  return keys
end

local function all_named(ids, keys)
  for _, id in ipairs(ids) do
    if not keys[id] then return false end
  end
  return true
end

local function finish(ids, keys, ttl)
  for _, id in ipairs(ids) do
    redis.call('HDEL', KEYS[1], id)
    revoke(keys[id], ttl)
  end
end
`

var (
	// createScript: KEYS sessions, revocations...; ARGV id, session, ttl, limit,
	// revoked, ids to end...
	createScript = rueidis.NewLuaScript(prelude + `
local limit, over, live, victims = tonumber(ARGV[4]), {}, {}, {}
if redis.call('HLEN', KEYS[1]) >= limit then
  local all = redis.call('HGETALL', KEYS[1])
  for i = 1, #all, 2 do
    if alive(all[i + 1]) then
      live[#live + 1] = {all[i], tonumber(string.sub(all[i + 1], 17, 36))}
    else
      over[#over + 1] = all[i]
    end
  end
  table.sort(live, function(a, b) return a[2] < b[2] end)
  for i = 1, math.min(#live, #live - limit + 1) do
    victims[i] = live[i][1]
  end
end
local keys = named(6, 2)
if not all_named(victims, keys) then return victims end
redis.call('HSET', KEYS[1], ARGV[1], until_(ARGV[3]) .. ARGV[2])
for _, id in ipairs(over) do redis.call('HDEL', KEYS[1], id) end
finish(victims, keys, ARGV[5])
longer(KEYS[1], ARGV[3])
return #victims
`)

	// getScript: KEYS sessions, generation; ARGV id.
	getScript = rueidis.NewLuaScriptRetryable(prelude + `
local session = redis.call('HGET', KEYS[1], ARGV[1])
if not alive(session) then return false end
return {string.sub(session, 17), redis.call('GET', KEYS[2]) or '0'}
`)

	// rotateScript: KEYS sessions; ARGV id, from, rotation, ttl.
	rotateScript = rueidis.NewLuaScript(prelude + `
local session = redis.call('HGET', KEYS[1], ARGV[1])
if not alive(session) then return 'over' end
if string.sub(session, 37, 68) ~= ARGV[2] then return 'conflict' end
redis.call('PEXPIRE', KEYS[1], math.max(redis.call('PTTL', KEYS[1]), ARGV[4]))
redis.call('HSET', KEYS[1], ARGV[1], until_(ARGV[4]) .. ARGV[3] .. string.sub(session, 17 + #ARGV[3]))
return 'done'
`)

	// listScript: KEYS sessions.
	listScript = rueidis.NewLuaScriptRetryable(prelude + `
local all, list = redis.call('HGETALL', KEYS[1]), {}
for i = 1, #all, 2 do
  if alive(all[i + 1]) then
    list[#list + 1] = all[i]
    list[#list + 1] = string.sub(all[i + 1], 17)
  end
end
return list
`)

	// endScript: KEYS sessions, revocation; ARGV id, revoked.
	endScript = rueidis.NewLuaScriptRetryable(prelude + `
redis.call('HDEL', KEYS[1], ARGV[1])
revoke(KEYS[2], ARGV[2])
return 1
`)

	// endAllScript: KEYS sessions, generation, revocations...; ARGV keep, revoked,
	// ids to end...
	endAllScript = rueidis.NewLuaScript(prelude + `
local ids = {}
for _, id in ipairs(redis.call('HKEYS', KEYS[1])) do
  if ARGV[1] == '' or id ~= ARGV[1] then ids[#ids + 1] = id end
end
local keys = named(3, 3)
if not all_named(ids, keys) then return ids end
finish(ids, keys, ARGV[2])
if ARGV[1] == '' then
  local before = tonumber(redis.call('GET', KEYS[2]) or '0')
  local ttl = math.max(redis.call('PTTL', KEYS[2]), ARGV[2])
  redis.call('DEL', KEYS[2])
  redis.call('SET', KEYS[2], string.format('%.0f', math.max(before + 1, t[1] * 1000000 + t[2])), 'PX', ttl)
end
return #ids
`)

	// revokeScript: KEYS revocation; ARGV ttl.
	revokeScript = rueidis.NewLuaScriptRetryable(prelude + `
revoke(KEYS[1], ARGV[1])
return 1
`)
)

// milliseconds returns a time to live as Redis counts it: never too short, and
// never 0, which Redis refuses.
func milliseconds(ttl time.Duration) string {
	ms := max(1, int64(ttl/time.Millisecond)+min(1, int64(ttl%time.Millisecond)))
	return strconv.FormatInt(ms, 10)
}
