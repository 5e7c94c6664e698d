-- Shows the buckets of one page of the keys of this server. Changes nothing.
-- ARGV[1] cursor ('0' to begin)   ARGV[2] pattern of the keys   ARGV[3] about how many keys to look at
-- A key that lies in another node of the cluster while slots move is passed by.
-- Returns {cursor of the next page ('0' if there is none), time in us since 1970, key, state, ...}.
local page = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])
local time = redis.call('TIME')
local buckets = { page[1], time[1] * 1000000 + time[2] }
local function add(key)
	if redis.call('TYPE', key)['ok'] == 'string' then
		local state = redis.call('GET', key)
		table.insert(buckets, key)
		table.insert(buckets, state)
	end
end
for _, key in ipairs(page[2]) do
	local shown, problem = pcall(add, key)
	local reason = type(problem) == 'table' and problem['err'] or tostring(problem)
	if not shown and not string.find(reason, 'non local key', 1, true) then
		error(problem)
	end
end
return buckets
