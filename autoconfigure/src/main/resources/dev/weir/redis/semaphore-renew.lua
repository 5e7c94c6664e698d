-- Gives a permit a new time to live if the owner still holds it.
-- KEYS[1] permits     ARGV[1] owner     ARGV[2] time to live, ms
-- Returns 1 if the permit was renewed, 0 if the owner no longer held it. Safe to repeat.
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local deadline = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not deadline or tonumber(deadline) <= now then
	return 0
end
-- First a command that needs no memory: when the memory is full, Redis refuses ZADD unless the script has written
-- before. A renewal must succeed then, too. It takes no memory, because the member exists.
redis.call('PEXPIRE', KEYS[1], math.max(redis.call('PTTL', KEYS[1]), ARGV[2]))
redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), ARGV[1])
return 1
