-- Reads strings, all at the same moment.
-- KEYS    the marker of the transaction if there is one, then the keys
-- ARGV[1] '1' if there is a marker, else '0'
-- Returns {0, value, ...}, nil for a key that does not exist, or {1, n, type} if key n holds something else,
--   {2} if the transaction was applied before, {3} if only a part of it was
local first = 1
if ARGV[1] == '1' then
	first = 2
	local mark = redis.call('GET', KEYS[1])
	if mark == 'applied' then
		return { 2 }
	elseif mark == 'torn' then
		return { 3 }
	end
end
local answer = { 0 }
for i = first, #KEYS do
	local value = redis.pcall('GET', KEYS[i])
	if type(value) == 'table' then
		local kind = redis.call('TYPE', KEYS[i]).ok
		if kind == 'string' then
			return value
		end
		return { 1, i - first + 1, kind }
	end
	answer[i - first + 2] = value
end
return answer
