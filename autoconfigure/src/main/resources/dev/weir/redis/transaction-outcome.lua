-- Returns the outcome of a transaction. Abandons a transaction that was not applied, so that it never will be.
-- KEYS[1] marker     ARGV[1] time to live of the marker, ms
-- Returns 1 if it was applied, 0 if not, 2 if only a part of it was applied. Safe to repeat.
local mark = redis.call('GET', KEYS[1])
if mark == 'applied' then
	return 1
elseif mark == 'torn' then
	return 2
end
redis.call('SET', KEYS[1], 'abandoned', 'PX', ARGV[1])
return 0
