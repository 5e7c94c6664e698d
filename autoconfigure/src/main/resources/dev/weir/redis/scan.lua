-- Shared by the scripts that list keys for people: visits one page of the keys of this server. Changes nothing.
-- show    function that is called with each key
-- ARGV[1] cursor ('0' to begin)   ARGV[2] pattern of the keys   ARGV[3] approximate number of keys to examine
-- Returns the cursor of the next page ('0' if there is none).
-- Skips a key if it or a key beside it has an unexpected type, or is on another node of the cluster while slots move.
local function scan(show)
	local page = redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])
	for _, key in ipairs(page[2]) do
		local shown, problem = pcall(show, key)
		local reason = type(problem) == 'table' and problem['err'] or tostring(problem)
		if not shown and not (string.find(reason, 'WRONGTYPE', 1, true) or string.find(reason, 'non local key', 1, true)) then
			error(problem)
		end
	end
	return page[1]
end

