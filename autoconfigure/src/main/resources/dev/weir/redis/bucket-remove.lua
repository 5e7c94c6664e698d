-- Removes a bucket.
-- KEYS[1] bucket
-- Returns 1 if there was one, else 0. Safe to repeat.
return redis.call('DEL', KEYS[1])
