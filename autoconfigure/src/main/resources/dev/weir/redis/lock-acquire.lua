-- Takes a lock if it is free. Safe to repeat by the same owner.
-- KEYS[1] lock       KEYS[2] waiters (only to wait, or for a token)
-- KEYS[3] last fencing token (only for a token)
-- ARGV[1] owner      ARGV[2] time to live of the lock, ms
-- ARGV[3] channel of this instance if it waits; '' or absent if not, together with ARGV[4] and ARGV[5]
-- ARGV[4] time to live of the queue, ms
-- ARGV[5] '1' if this instance may be among the waiters; the script then removes it when it takes the lock
-- Only for a token:
-- ARGV[6] number of tokens to skip for local hand-offs      ARGV[7] time to live of the last token, ms
-- Returns {1, token or '0'} if taken, {0, owner, ms until it expires (-1: never)} if not. Returns 1,024 bytes of the owner
-- at most: and reads no more, because a client other than Weir can have written 512 MB.
local taken = redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])
if not taken then
	local owner = redis.call('GETRANGE', KEYS[1], 0, math.max(#ARGV[1], 1023))
	if owner ~= ARGV[1] then
		if (ARGV[3] or '') ~= '' then
			enqueue(KEYS[2], ARGV[3], ARGV[4], 1)
		end
		return { 0, string.sub(owner, 1, 1024), redis.call('PTTL', KEYS[1]) }
	end
	redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
if ARGV[5] == '1' then
	redis.call('ZREM', KEYS[2], ARGV[3])
end
if not KEYS[3] then
	return { 1, '0' }
end
-- Microseconds since 1970 stay below 2^53, the largest integer that Lua 5.1 counts exactly, until the year 2255.
local now = redis.call('TIME')
local token = math.max((tonumber(redis.call('GETRANGE', KEYS[3], 0, 31)) or 0) + 1, now[1] * 1000000 + now[2])
redis.call('SET', KEYS[3], string.format('%.0f', token + ARGV[6]), 'PX', ARGV[7])
return { 1, string.format('%.0f', token) }
