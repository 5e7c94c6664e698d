-- Reads strings, all at the same moment.
-- KEYS    the keys
-- Returns {0, value, ...}, nil for a key that does not exist, or {1, n, type} if key n holds something else.
local answer = { 0 }
for i = 1, #KEYS do
	local value = redis.pcall('GET', KEYS[i])
	if type(value) == 'table' then
		local kind = redis.call('TYPE', KEYS[i]).ok
		if kind == 'string' then
			return value
		end
		return { 1, i, kind }
	end
	answer[i + 1] = value
end
return answer
