-- Decides the calls of one batch, one after the other. A call takes from all of its buckets or from none.
-- All numbers are whole: limits and bursts from 1 to 10^12, windows from 1 ms to 365 days.
-- KEYS    the buckets and the markers of settlements, each once
-- ARGV[1] number of limits, then for each: number of its bucket in KEYS, tokens per window, window (us), burst
-- then for each run of equal calls: 'take', 'peek' or 'refund', number of calls, number of charges of each call, then for
--         each charge, each of another bucket: number of the limit, cost, '1' if a denial has no consequence, else '0'
-- or for each settlement: 'settle', number of its marker in KEYS, number of charges, then for each charge: number of the
--         limit, tokens that were taken, tokens that were used, time at which they were taken (us since 1970)
-- Returns {time in us since 1970, ...} with four numbers for each charge of each run: how many calls took the tokens, the
-- first ones of the run, or -1 if the key holds anything other than a bucket; tokens that are left after the run;
-- remainder; us until tokens are added again (0 unless the clock was set back). For each charge of a settlement: 1 if it is
-- settled, 2 if tokens were not given back because the bucket has been refilled since, 0 if it was settled before, -1 if
-- the key holds anything other than a bucket; tokens that are left; tokens that were given back, negative if taken; tokens
-- that were used but not taken, because the debt would be larger than the burst. Safe to repeat for ten minutes.
local SETTLED_MS = 600000
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
	return charge.cost > 0 and math.max(0, math.min(calls, math.floor(charge.bucket.tokens / charge.cost))) or calls
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

-- Takes what was used beyond, or gives back the rest. Returns the result and the four numbers of a settled charge.
local function settle(charge, taken, used, time)
	local bucket = charge.bucket
	local before = bucket.tokens
	if used > taken then
		-- Waiting calls may have taken more already.
		local least = math.min(before, -bucket.burst)
		local after = math.max(before - (used - taken), least)
		bucket.absent = nil
		add(charge, after - before)
		return 1, after, after - before, used - taken - (before - after)
	elseif used < taken and now - time > math.ceil(bucket.burst * bucket.window / bucket.limit) then
		-- By now an empty bucket would be full. The tokens would come on top of that.
		return 2, before, 0, 0
	elseif used < taken and not bucket.absent then
		add(charge, taken - used)
	end
	return 1, bucket.tokens, bucket.tokens - before, 0
end

local function settleAll(reply)
	local marker, charges = KEYS[readNumber()], {}
	for i = 1, readNumber() do
		local limit = limits[readNumber()]
		charges[i] = { key = limit.key, bucket = bucketOf(limit, 'settle'), taken = readNumber(), used = readNumber(),
			time = readNumber() }
	end
	local first = redis.call('SET', marker, '', 'NX', 'PX', SETTLED_MS)
	for _, charge in ipairs(charges) do
		local result, left, given, dropped = 0, charge.bucket and charge.bucket.tokens or 0, 0, 0
		if not charge.bucket then
			result = -1
		elseif first then
			result, left, given, dropped = settle(charge, charge.taken, charge.used, charge.time)
		end
		for _, value in ipairs({ result, left, given, dropped }) do
			table.insert(reply, value)
		end
	end
end

local function decide(action, reply)
	local calls = readNumber()
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

local reply = { now }
while at <= #ARGV do
	local action = read()
	if action == 'settle' then
		settleAll(reply)
	else
		decide(action, reply)
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
