-- Shows the buckets of one page of the keys of this server. Changes nothing.
-- ARGV[1] cursor ('0' to begin)   ARGV[2] pattern of the keys   ARGV[3] about how many keys to look at
-- Returns {cursor of the next page ('0' if there is none), time in us since 1970, key, state, ...}.
local page = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])
local time = redis.call('TIME')
local buckets = { page[1], time[1] * 1000000 + time[2] }
for _, key in ipairs(page[2]) do
	if redis.call('TYPE', key)['ok'] == 'string' then
		table.insert(buckets, key)
		table.insert(buckets, redis.call('GET', key))
	end
end
return buckets
