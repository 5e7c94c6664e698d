-- Lists the buckets in one page of the keys of this server. Changes nothing.
-- ARGV    as "scan" takes them
-- Returns {cursor of the next page ('0' if there is none), time in us since 1970, key, state, ...}.
local time = redis.call('TIME')
local buckets = { '0', time[1] * 1000000 + time[2] }
buckets[1] = scan(function(key)
	if redis.call('TYPE', key)['ok'] == 'string' then
		local state = redis.call('GET', key)
		table.insert(buckets, key)
		table.insert(buckets, state)
	end
end)
return buckets
