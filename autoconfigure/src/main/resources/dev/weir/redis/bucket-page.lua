-- Lists the buckets of one page of the keys of this server. Changes nothing.
-- ARGV    as "scan" takes them
-- Returns {cursor of the next page ('0' if there is none), then for each bucket: key, tokens that it holds now, tokens per
-- window, window (us), burst, us until the count of a quota begins anew (0 for a bucket), us until the end of the pause}.
local now = clock()
local page = { '0' }
page[1] = scan(function(key)
	local bucket = readBucket(key)
	if bucket and not (bucket.stop and bucket.stop <= now) then
		refill(bucket, now)
		local window = bucket.stop and bucket.stop - bucket.begin or bucket.window
		local anew = bucket.stop and bucket.stop - now or 0
		local pause = math.max(0, (bucket.paused or 0) - now)
		for _, value in ipairs({ key, bucket.tokens, bucket.limit, window, bucket.burst, anew, pause }) do
			table.insert(page, value)
		end
	end
end)
return page
