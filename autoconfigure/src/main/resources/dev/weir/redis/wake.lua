-- Shared by the scripts that free a place under a key: wakes the instance that has waited longest.
-- waiters   sorted set: channel of a waiting instance -> when it began to wait (microseconds, time of Redis; more if
--           the clock was set back: the order is that of arrival)
-- key       text of the lease key, as the instances know it
-- broadcast '1' in a cluster, where PUBLISH counts only the subscribers of the node that runs the script
-- Returns true if an instance was notified. An instance without a subscriber is gone: the next one is notified instead.
local function wake(waiters, key, broadcast)
	while true do
		local first = redis.call('ZPOPMIN', waiters)
		if #first == 0 then
			return false
		end
		if redis.call('PUBLISH', first[1], key) > 0 or broadcast == '1' then
			return true
		end
	end
end

-- Adds an instance to the queue of waiters, or keeps its position. The queue expires if no instance asks again.
local function enqueue(waiters, channel, ttl)
	local now = redis.call('TIME')
	local last = redis.call('ZRANGE', waiters, -1, -1, 'WITHSCORES')
	local score = math.max(now[1] * 1000000 + now[2], (tonumber(last[2]) or 0) + 1)
	redis.call('ZADD', waiters, 'NX', string.format('%.0f', score), channel)
	redis.call('PEXPIRE', waiters, ttl)
end
