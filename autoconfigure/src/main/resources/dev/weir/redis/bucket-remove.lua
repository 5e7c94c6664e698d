-- Removes a bucket.
-- KEYS[1] bucket
-- Returns 1 if the bucket existed, else 0. Safe to repeat.
return redis.call('DEL', KEYS[1])
