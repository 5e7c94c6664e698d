-- Decides the calls of one batch, one after the other. A call takes from all of its buckets or from none.
-- All numbers are whole: limits and bursts from 1 to 10^12, windows from 1 ms to 365 days.
-- KEYS    the buckets, each once
-- ARGV[1] number of limits, then for each: number of its bucket in KEYS, tokens per window, window (us), burst
-- then for each call: 'take', 'peek' or 'refund', number of charges, then for each charge, each of another bucket: number
--         of the limit, cost, '1' if a denial has no consequence, else '0'
-- Returns {time in us since 1970, ...} with four numbers for each charge of each call: 1 if the bucket has the tokens, else
-- 0, or -1 if the key holds anything other than a bucket; tokens that are left; remainder; us until tokens are added again
-- (0 unless the clock was set back).
local now = clock()
local buckets, changed = {}, {}
local at = 1
local function read()
	local value = ARGV[at]
	at = at + 1
	return value
end
local function readNumber()
	return tonumber(read())
end

local limits = {}
for i = 1, readNumber() do
	limits[i] = { key = readNumber(), limit = readNumber(), window = readNumber(), burst = readNumber() }
end

-- Returns a bucket with the given limit, as it is now; false if the key holds anything other than a bucket. The bucket
-- itself gets the limit only if the call takes from it, even if the call is denied then: the bucket must be refilled at
-- the rate that the reply is based on.
local function bucketOf(limit, action)
	local bucket = buckets[limit.key]
	if bucket == nil then
		bucket = readBucket(KEYS[limit.key])
		if bucket == nil then
			bucket = { limit = limit.limit, window = limit.window, burst = limit.burst, tokens = limit.burst,
				remainder = 0, time = now, absent = true }
		elseif bucket and refill(bucket, now) then
			changed[limit.key] = true
		end
		buckets[limit.key] = bucket
	end
	if not bucket or (bucket.limit == limit.limit and bucket.window == limit.window and bucket.burst == limit.burst) then
		return bucket
	end
	if action == 'take' then
		resize(bucket, limit.limit, limit.window, limit.burst)
		changed[limit.key] = changed[limit.key] or not bucket.absent or nil
		return bucket
	end
	local resized = {}
	for field, value in pairs(bucket) do
		resized[field] = value
	end
	resize(resized, limit.limit, limit.window, limit.burst)
	return resized
end

local reply = { now }
while at <= #ARGV do
	local action = read()
	local charges, allowed = {}, true
	for i = 1, readNumber() do
		local limit = limits[readNumber()]
		local charge = { key = limit.key, bucket = bucketOf(limit, action), cost = readNumber(), shadow = read() == '1' }
		charge.has = charge.bucket and charge.cost <= charge.bucket.tokens
		allowed = allowed and (charge.has or charge.shadow)
		charges[i] = charge
	end
	for _, charge in ipairs(charges) do
		local bucket = charge.bucket
		if bucket and charge.cost > 0 then
			if action == 'refund' and not bucket.absent then
				bucket.tokens = bucket.tokens + charge.cost
				if bucket.tokens >= bucket.burst then
					bucket.tokens, bucket.remainder = bucket.burst, 0
				end
				buckets[charge.key], changed[charge.key] = bucket, true
			elseif action == 'take' and allowed and charge.has then
				bucket.tokens = bucket.tokens - charge.cost
				bucket.absent = nil
				buckets[charge.key], changed[charge.key] = bucket, true
			end
		end
		table.insert(reply, bucket and (charge.has and 1 or 0) or -1)
		table.insert(reply, bucket and bucket.tokens or 0)
		table.insert(reply, bucket and bucket.remainder or 0)
		table.insert(reply, bucket and math.max(0, bucket.time - now) or 0)
	end
end

for key in pairs(changed) do
	local bucket = buckets[key]
	local full = ((bucket.burst - bucket.tokens) * bucket.window - bucket.remainder) / bucket.limit
	-- An expired bucket is a full one. The second is for the precision of the clocks.
	local ttl = math.min(math.ceil((full + math.max(0, bucket.time - now)) / 1000) + 1000, MAX_EXACT)
	redis.call('SET', KEYS[key], string.format('%.0f %.0f %.0f %.0f %.0f %.0f', bucket.limit, bucket.window, bucket.burst,
		bucket.tokens, bucket.remainder, bucket.time), 'PX', string.format('%.0f', ttl))
end
return reply
