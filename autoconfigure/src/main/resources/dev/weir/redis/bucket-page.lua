-- Lists the buckets of one page of the keys of this server. Changes nothing.
-- ARGV    as "scan" takes them
-- Returns {cursor of the next page ('0' if there is none), then for each bucket: key, tokens that it holds now, tokens per
-- window, window (us), burst}.
local now = clock()
local page = { '0' }
page[1] = scan(function(key)
	local bucket = readBucket(key)
	if bucket then
		refill(bucket, now)
		for _, value in ipairs({ key, bucket.tokens, bucket.limit, bucket.window, bucket.burst }) do
			table.insert(page, value)
		end
	end
end)
return page
