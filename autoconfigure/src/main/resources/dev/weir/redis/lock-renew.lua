-- Gives a lock a new time to live if the owner still holds it.
-- KEYS[1] lock     ARGV[1] owner     ARGV[2] time to live, ms
-- Returns 1 if the lock was renewed, 0 if the owner no longer held it. Safe to repeat.
if redis.call('GETRANGE', KEYS[1], 0, #ARGV[1]) ~= ARGV[1] then
	return 0
end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
