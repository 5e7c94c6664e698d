-- Takes an instance out of the queue of waiters. If it was woken before it left, the wake-up is passed on.
-- KEYS[1] waiters
-- ARGV[1] channel of this instance     ARGV[2] text of the key     ARGV[3] '1' in a cluster
-- Returns 1 if it stood in the queue, 0 if not. Safe to repeat.
if redis.call('ZREM', KEYS[1], ARGV[1]) == 1 then
	return 1
end
wake(KEYS[1], ARGV[2], ARGV[3])
return 0
