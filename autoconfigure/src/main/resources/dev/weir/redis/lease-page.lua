-- Shows who has the leases of one page of the keys of this server. Changes nothing.
-- ARGV[1] cursor ('0' to begin)   ARGV[2] pattern of the keys   ARGV[3] about how many keys to look at
-- A key whose waiters are something else, or lie in another node of the cluster while slots move, is passed by.
-- Returns {cursor of the next page ('0' if there is none), the places as "look" lists them ...}.
local page = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])
local places = { page[1] }
for _, key in ipairs(page[2]) do
	local shown, problem = pcall(look, places, key)
	local reason = type(problem) == 'table' and problem['err'] or tostring(problem)
	if not shown and not (string.find(reason, 'WRONGTYPE', 1, true) or string.find(reason, 'non local key', 1, true)) then
		error(problem)
	end
end
return places
