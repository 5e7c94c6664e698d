-- Lets a lock expire after a given time although its owner has ended. The lock gets the value 'kept-' and the owner: so it
-- belongs to no owner any more, and a renewal that arrives late has no effect. Wakes the instance that has waited longest:
-- it asks again, and so learns the new time.
-- KEYS[1] lock      KEYS[2] waiters; absent to wake no instance
-- ARGV[1] owner     ARGV[2] time until the lock expires, ms
-- ARGV[3] text of the key, for the instance that is woken     ARGV[4] '1' in a cluster
-- Returns 1 if the lock is kept, 0 if the owner no longer held it. Safe to repeat.
local kept = 'kept-' .. ARGV[1]
local owner = redis.call('GETRANGE', KEYS[1], 0, #kept)
if owner ~= ARGV[1] and owner ~= kept then
	return 0
end
-- First a command that needs no memory: when the memory is full, Redis refuses SET unless the script has written before.
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if owner == ARGV[1] then
	redis.call('SET', KEYS[1], kept, 'PX', ARGV[2])
	if KEYS[2] then
		wake(KEYS[2], ARGV[3], ARGV[4])
	end
end
return 1
