-- Shared by the scripts that list leases for people: adds the places under a key to a list. Changes nothing.
-- places    the list: for each place key, type ('string' for a lock, 'zset' for a semaphore), owner,
--           ms until it expires (-1: never), number of waiting instances
-- Skips the keys beside leases, the keys of buckets, the markers of settlements and of transactions, and strings that are
-- longer than any owner.
local function look(places, key)
	if string.find(key, '%%waiters$') or string.find(key, '%%fence$') or string.find(key, '%%tokens$')
			or string.find(key, '%settled:', 1, true) or string.find(key, '%tx:', 1, true) then
		return
	end
	local kind = redis.call('TYPE', key)['ok']
	if kind ~= 'string' and kind ~= 'zset' then
		return
	end
	-- As in RedisKeys: in the slot of the key, so in braces unless the key has a hash tag.
	local open = string.find(key, '{', 1, true)
	local close = open and string.find(key, '}', open, true)
	local tagged = (close and close > open + 1) and key or ('{' .. key .. '}')
	local waiting = redis.call('ZCARD', tagged .. '%waiters')
	local function add(owner, remaining)
		for _, value in ipairs({ key, kind, owner, remaining, waiting }) do
			table.insert(places, value)
		end
	end
	if kind == 'string' then
		local owner = redis.call('GETRANGE', key, 0, 1024)
		if #owner <= 1024 then
			add(owner, redis.call('PTTL', key))
		end
		return
	end
	local time = redis.call('TIME')
	local now = time[1] * 1000 + math.floor(time[2] / 1000)
	local permits = redis.call('ZRANGEBYSCORE', key, '(' .. string.format('%.0f', now), '+inf', 'WITHSCORES',
			'LIMIT', 0, 1000)
	for i = 1, #permits, 2 do
		add(permits[i], permits[i + 1] - now)
	end
end

