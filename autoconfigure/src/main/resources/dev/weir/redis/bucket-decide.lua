-- Decides the calls of one batch, one after the other. A call takes from all of its buckets or from none.
-- All numbers are whole: limits and bursts from 1 to 10^12, windows from 1 ms to 365 days.
-- KEYS    the buckets, each once
-- ARGV[1] number of limits, then for each: number of its bucket in KEYS, tokens per window, window (us), burst
-- then for each run of equal calls: 'take', 'peek' or 'refund', number of calls, number of charges of each call, then for
--         each charge, each of another bucket: number of the limit, cost, '1' if a denial has no consequence, else '0'
-- Returns {time in us since 1970, ...} with four numbers for each charge of each run: how many calls took the tokens, the
-- first ones of the run, or -1 if the key holds anything other than a bucket; tokens that are left after the run;
-- remainder; us until tokens are added again (0 unless the clock was set back).
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

-- Returns how many of the calls a bucket has the tokens for.
local function affordable(charge, calls)
	if not charge.bucket then
		return 0
	end
	return charge.cost > 0 and math.min(calls, math.floor(charge.bucket.tokens / charge.cost)) or calls
end

-- Adds tokens to a bucket, or takes them if the number is negative.
local function add(charge, tokens)
	local bucket = charge.bucket
	bucket.tokens = bucket.tokens + tokens
	if bucket.tokens >= bucket.burst then
		bucket.tokens, bucket.remainder = bucket.burst, 0
	end
	buckets[charge.key], changed[charge.key] = bucket, true
end

local reply = { now }
while at <= #ARGV do
	local action, calls = read(), readNumber()
	local charges, allowed = {}, calls
	for i = 1, readNumber() do
		local limit = limits[readNumber()]
		local charge = { key = limit.key, bucket = bucketOf(limit, action), cost = readNumber(), shadow = read() == '1' }
		if not charge.shadow then
			allowed = math.min(allowed, affordable(charge, calls))
		end
		charges[i] = charge
	end
	for _, charge in ipairs(charges) do
		local bucket = charge.bucket
		local taken = (action == 'take') and affordable(charge, allowed) or 0
		if taken > 0 and charge.cost > 0 then
			bucket.absent = nil
			add(charge, -taken * charge.cost)
		elseif action == 'refund' and bucket and charge.cost > 0 and not bucket.absent then
			add(charge, calls * charge.cost)
		end
		table.insert(reply, bucket and taken or -1)
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
