-- Says whether a transaction was applied. One that was not never will be: it is abandoned.
-- KEYS[1] marker     ARGV[1] time to live of the marker, ms
-- Returns 1 if it was applied, 0 if not, 2 if only a part was. Safe to repeat.
local mark = redis.call('GET', KEYS[1])
if mark == 'applied' then
	return 1
elseif mark == 'torn' then
	return 2
end
redis.call('SET', KEYS[1], 'abandoned', 'PX', ARGV[1])
return 0
