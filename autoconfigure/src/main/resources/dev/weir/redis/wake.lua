-- Shared by the scripts that free a place under a key: wakes the instance that has waited longest and can use the place.
-- waiters   sorted set: channel of a waiting instance -> number of its arrival * LIMITS + limit of its caller
-- key       text of the lease key, as the instances know it
-- broadcast '1' in a cluster, where PUBLISH counts only the subscribers of the node that runs the script
-- permits   sorted set of the permits of a semaphore, nil for a lock. Instances can have different limits, for instance
--           during a rollout. An instance whose limit is reached keeps its position: it could not use the place.
-- Returns true if an instance was notified. An instance without a subscriber is gone: the next one is notified instead.
local LIMITS = 65536
-- A client with the right to write can add any number of waiters. The instances behind them ask again by themselves.
local MAX_STEPS = 1000

local function wake(waiters, key, broadcast, permits)
	local taken
	local position = 0
	for step = 1, MAX_STEPS do
		local first = redis.call('ZRANGE', waiters, position, position, 'WITHSCORES')
		if #first == 0 then
			return false
		end
		if not taken then
			taken = permits and valid(permits) or 0
		end
		local limit = first[2] % LIMITS
		if limit < 1 or limit ~= limit then
			redis.call('ZREM', waiters, first[1])
		elseif limit > taken then
			redis.call('ZREM', waiters, first[1])
			if redis.call('PUBLISH', first[1], key) > 0 or broadcast == '1' then
				return true
			end
		else
			position = position + 1
		end
	end
	return false
end

-- Adds an instance to the queue of waiters, or keeps its position. The queue expires if no instance asks again.
local function enqueue(waiters, channel, ttl, limit)
	local score = redis.call('ZSCORE', waiters, channel)
		or ((tonumber(redis.call('ZRANGE', waiters, -1, -1, 'WITHSCORES')[2]) or 0) + LIMITS)
	score = score - score % LIMITS + math.min(limit, LIMITS - 1)
	redis.call('ZADD', waiters, string.format('%.0f', score), channel)
	redis.call('PEXPIRE', waiters, ttl)
end

