-- Reads strings, all at the same moment.
-- KEYS    the marker of the transaction if there is one, then the keys
-- ARGV[1] '1' if there is a marker, else '0'
-- Returns {'READ', value, ...}, nil for a key that does not exist; {'REJECTED', n, type} if key n holds no string;
--   {'APPLIED_BEFORE'} if an earlier call applied the transaction, {'TORN'} if an earlier call applied only a part
local first = 1
if ARGV[1] == '1' then
	first = 2
	local mark = redis.call('GET', KEYS[1])
	if mark == 'applied' then
		return { 'APPLIED_BEFORE' }
	elseif mark == 'torn' then
		return { 'TORN' }
	end
end
local answer = { 'READ' }
for i = first, #KEYS do
	local value = redis.pcall('GET', KEYS[i])
	if type(value) == 'table' then
		local kind = redis.call('TYPE', KEYS[i]).ok
		if kind == 'string' then
			return value
		end
		return { 'REJECTED', i - first + 1, kind }
	end
	answer[i - first + 2] = value
end
return answer
