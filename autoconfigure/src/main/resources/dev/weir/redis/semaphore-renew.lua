-- Lets a permit live on if the caller still has it.
-- KEYS[1] permits     ARGV[1] owner     ARGV[2] time to live, ms
-- Returns 1 if renewed, 0 if it was not ours any more. Safe to repeat.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local deadline = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not deadline or tonumber(deadline) <= now then
	return 0
end
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), ARGV[1])
live(KEYS[1], ARGV[2], redis.call('ZCARD', KEYS[1]) - 1)
return 1
