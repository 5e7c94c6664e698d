-- Releases a lock if the owner still holds it, and wakes the instance that has waited longest.
-- KEYS[1] lock      KEYS[2] waiters; absent to wake no instance
-- ARGV[1] owner     ARGV[2] text of the key, for the instance that is woken     ARGV[3] '1' in a cluster
-- ARGV[4] channel of this instance if it joins the queue after another instance was woken; absent if not
-- ARGV[5] time to live of the queue, ms     ARGV[6] limit of the callers that wait here; both absent if ARGV[4] is
-- Returns 0 if the owner no longer held the lock, 1 if the lock was released, 2 if another instance was also woken,
-- 3 if this instance then joined the queue, too. Safe to repeat.
if redis.call('GETRANGE', KEYS[1], 0, #ARGV[1]) ~= ARGV[1] then
	return 0
end
redis.call('DEL', KEYS[1])
if not KEYS[2] or not wake(KEYS[2], ARGV[2], ARGV[3]) then
	return 1
end
if not ARGV[4] then
	return 2
end
enqueue(KEYS[2], ARGV[4], ARGV[5], tonumber(ARGV[6]))
return 3
