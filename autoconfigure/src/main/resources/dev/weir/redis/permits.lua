-- Shared by the scripts for semaphores: keeps the permits at least as long as the permit that was just written.
-- permits   the sorted set of permits      ttl   time to live of that permit, ms
-- others    the largest number of other permits that may exist
local function live(permits, ttl, others)
	if others == 0 or redis.call('PTTL', permits) < tonumber(ttl) then
		redis.call('PEXPIRE', permits, ttl)
	end
end

-- Removes the expired permits. Returns the number of the others.
local function valid(permits)
	local time = redis.call('TIME')
	redis.call('ZREMRANGEBYSCORE', permits, '-inf', time[1] * 1000 + math.floor(time[2] / 1000))
	return redis.call('ZCARD', permits)
end

