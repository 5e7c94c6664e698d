-- Lets a lock live on if the caller still owns it.
-- KEYS[1] lock     ARGV[1] owner     ARGV[2] time to live, ms
-- Returns 1 if renewed, 0 if it was not ours any more. Safe to repeat.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
	return 0
end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
