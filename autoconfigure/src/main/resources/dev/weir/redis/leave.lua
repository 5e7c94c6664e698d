-- Removes an instance from the queue of waiters. If the instance was woken before, passes the wake-up on.
-- KEYS[1] waiters
-- ARGV[1] channel of this instance     ARGV[2] text of the key     ARGV[3] '1' in a cluster
-- Returns 1 if the instance was in the queue, 0 if not. Safe to repeat.
if redis.call('ZREM', KEYS[1], ARGV[1]) == 1 then
	return 1
end
wake(KEYS[1], ARGV[2], ARGV[3])
return 0
