-- Takes a permit if fewer than the limit are taken. Safe to repeat by the same owner.
-- KEYS[1] permits: sorted set, owner -> deadline (ms, time of Redis)       KEYS[2] waiters (only to wait)
-- ARGV[1] owner      ARGV[2] time to live of the permit, ms
-- ARGV[3] limit, valid from this call on
-- ARGV[4] channel of this instance if it waits; absent if not, together with ARGV[5] and ARGV[6]
-- ARGV[5] time to live of the queue, ms
-- ARGV[6] '1' if this instance may be among the waiters; the script then removes it when it takes a permit
-- Returns {1, '0'} if taken, {0, owner, ms until it expires} of the permit that expires first if not. Returns 1,024 bytes of
-- the owner at most: a client other than Weir can have written any value.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local limit = tonumber(ARGV[3])
local taken = redis.call('ZCARD', KEYS[1])
-- Expired permits matter only when the limit is reached.
if taken >= limit then
	taken = taken - redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
	if taken >= limit and not redis.call('ZSCORE', KEYS[1], ARGV[1]) then
		local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
		if ARGV[4] then
			enqueue(KEYS[2], ARGV[4], ARGV[5], limit)
		end
		return { 0, string.sub(first[1], 1, 1024), first[2] - now }
	end
end
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), ARGV[1])
live(KEYS[1], ARGV[2], taken)
if ARGV[6] == '1' then
	redis.call('ZREM', KEYS[2], ARGV[4])
end
return { 1, '0' }
