-- Takes one step over buckets, all or nothing, if the time and the states of the buckets are as the caller expects.
-- KEYS    the buckets
-- ARGV[1] the earliest time at which the step may be taken, us since 1970
-- ARGV[2] the latest time
-- then for each bucket: the state that the caller expects (empty for none), the state to
-- write (empty to only compare), and the time to live of that state, ms (0 for ever)
-- Returns {1, time} if the step was taken, else {0, time, state, ...} with an empty state
-- for a bucket that does not exist. Nothing is written in the second case. A value of
-- another type reads as a text that is no state, so it does not affect other buckets.
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local right = now >= tonumber(ARGV[1]) and now <= tonumber(ARGV[2])
local states = {}
for i = 1, #KEYS do
	-- Not MGET, which returns a value of another type as an absent one.
	local state = redis.pcall('GET', KEYS[i])
	states[i] = type(state) == 'table' and 'not a string' or state or ''
	right = right and states[i] == ARGV[3 * i]
end
if not right then
	return {0, now, unpack(states)}
end
for i = 1, #KEYS do
	local state, ttl = ARGV[3 * i + 1], ARGV[3 * i + 2]
	if state ~= '' then
		if ttl == '0' then
			redis.call('SET', KEYS[i], state)
		else
			redis.call('SET', KEYS[i], state, 'PX', ttl)
		end
	end
end
return {1, now}
