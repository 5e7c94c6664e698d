-- Removes an instance from the queue of waiters. If the instance was woken before, passes the wake-up on.
-- KEYS[1] waiters      KEYS[2] permits of a semaphore; absent for a lock
-- ARGV[1] channel of this instance     ARGV[2] text of the key     ARGV[3] '1' in a cluster
-- ARGV[4] '1' to pass a wake-up on although the instance is in the queue: it has entered the queue again since
-- Returns 1 if the instance was in the queue, 0 if not. A repetition can wake one instance in vain.
local waited = redis.call('ZREM', KEYS[1], ARGV[1])
if waited == 0 or ARGV[4] == '1' then
	wake(KEYS[1], ARGV[2], ARGV[3], KEYS[2])
end
return waited
