-- Removes a bucket.
-- KEYS[1] bucket
-- Returns 1 if the bucket existed, 0 if not, or -1 if the key holds anything other than a bucket: the script leaves that
-- unchanged. Safe to repeat.
if readBucket(KEYS[1]) == false then
	return -1
end
return redis.call('DEL', KEYS[1])
