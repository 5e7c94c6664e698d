-- Decides the calls of one batch, one after the other. A call takes from all of its buckets or from none.
-- All numbers are whole: limits and bursts from 1 to 10^12, windows from 1 ms to 365 days.
-- KEYS    the buckets and the markers of settlements, each once
-- ARGV[1] number of limits, then for each: number of its bucket in KEYS, tokens per window, window (us), burst; for a quota 0
--         in place of the window, and in place of the burst the begins of four periods that follow each other (us since 1970)
-- then for each run of equal calls: 'take', 'peek' or 'refund', number of calls, number of charges of each call, then for
--         each charge, each of another bucket: number of the limit, cost, '1' if a denial has no consequence, else '0'
-- or for each run of calls that wait: 'wait', then as above, with one more number at the end of each charge: longest wait (us)
-- or for each settlement: 'settle', number of its marker in KEYS, number of charges, then for each charge: number of the
--         limit, tokens that were taken, tokens that were used, time at which they were taken (us since 1970)
-- or for each pause: 'pause', its length from now on (us), 0 to lift it, number of charges, then for each charge: number of
--         the limit. A pause is never made shorter, except to 0. No tokens become due in a pause
-- Returns {time in us since 1970, ...} with five numbers for each charge of each run: how many calls took the tokens, the
-- first ones of the run, or -1 if the key holds anything other than a bucket; tokens that are left after the run;
-- remainder; us until tokens are added again (0 unless the clock was set back), for a quota until its count begins anew; us
-- until the end of the pause (0 for none). For each charge of a settlement: 1 if it is settled, 2 if tokens were not given
-- back because the bucket has been refilled since, 0 if it was settled before, -1 if the key holds anything other than a
-- bucket; tokens that are left; tokens that were given back, negative if taken; tokens that were used but not taken, because
-- the debt would be larger than the burst; 0. Safe to repeat for ten minutes. For each charge of a pause: 1, or -1 as above;
-- us by which all tokens become due later, negative if the pause was lifted; 0; 0; us until the end of the pause.
-- Returns only {time} and changes nothing if none of the periods of a quota contains the time.
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
	local limit = { key = readNumber(), limit = readNumber(), window = readNumber() }
	if limit.window > 0 then
		limit.burst = readNumber()
	else
		limit.burst = limit.limit
		local periods = { readNumber(), readNumber(), readNumber(), readNumber() }
		for period = 1, 3 do
			if periods[period] <= now and now < periods[period + 1] then
				limit.begin, limit.stop = periods[period], periods[period + 1]
			end
		end
		if not limit.begin then
			return { now }
		end
	end
	limits[i] = limit
end

-- Returns a bucket as it is now, with its own limit if it exists; false if the key holds anything other than a bucket.
local function currentBucket(limit)
	local bucket = buckets[limit.key]
	if bucket == nil then
		bucket = readBucket(KEYS[limit.key])
		if bucket == nil then
			bucket = newBucket(limit, now)
		elseif bucket and refill(bucket, now) then
			changed[limit.key] = true
		end
		buckets[limit.key] = bucket
	end
	return bucket
end

-- Returns a bucket with the given limit, as it is now; false if the key holds anything other than a bucket. The bucket
-- itself gets the limit only if the call takes from it, even if the call is denied then: the bucket must be refilled at
-- the rate that the reply is based on.
local function bucketOf(limit, takes)
	local bucket = currentBucket(limit)
	local fitting = bucket and fit(bucket, limit, now)
	if takes and fitting ~= bucket then
		buckets[limit.key] = fitting
		changed[limit.key] = changed[limit.key] or not bucket.absent or nil
	end
	return fitting
end

-- Returns the us until the end of the pause of a bucket.
local function pauseOf(bucket)
	return math.max(0, (bucket.paused or 0) - now)
end

-- Returns how many of the calls a bucket has the tokens for, now or after the longest wait.
local function affordable(charge, calls)
	local bucket = charge.bucket
	local wait = charge.shadow and 0 or charge.wait
	if not bucket or pauseOf(bucket) > wait or charge.cost > bucket.burst then
		return 0
	end
	local tokens = bucket.tokens + future(bucket, wait - math.max(0, bucket.time - now))
	return charge.cost > 0 and math.max(0, math.min(calls, math.floor(tokens / charge.cost))) or calls
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
local function answer(...)
	for _, value in ipairs({ ... }) do
		table.insert(reply, value)
	end
end

-- Takes the tokens that were used beyond the estimate, or gives back the rest. Returns the result and the numbers of a settled charge.
local function settle(charge, taken, used, time)
	local bucket = charge.bucket
	local before = bucket.tokens
	-- By now an empty bucket would be full, and the tokens would come on top of that. A quota has begun anew.
	local late = now - time > math.ceil(bucket.burst * bucket.window / bucket.limit)
	if bucket.stop then
		late = time < bucket.begin
	end
	if used > taken and not (late and bucket.stop) then
		-- Waiting calls may have taken more already.
		local least = math.min(before, -bucket.burst)
		local after = math.max(before - (used - taken), least)
		bucket.absent = nil
		add(charge, after - before)
		return 1, after, after - before, used - taken - (before - after)
	elseif used ~= taken and late then
		return 2, before, 0, math.max(0, used - taken)
	elseif used < taken and not bucket.absent then
		add(charge, taken - used)
	end
	return 1, bucket.tokens, bucket.tokens - before, 0
end

local function settleAll()
	local marker, charges = KEYS[readNumber()], {}
	for i = 1, readNumber() do
		local limit = limits[readNumber()]
		charges[i] = { key = limit.key, bucket = bucketOf(limit), taken = readNumber(), used = readNumber(),
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
		answer(result, left, given, dropped, 0)
	end
end

local function pauseAll()
	local length = readNumber()
	for _ = 1, readNumber() do
		local limit = limits[readNumber()]
		-- A pause changes no limit: an operator who lifts it need not know the limit.
		local bucket = currentBucket(limit)
		if bucket and bucket.stop and bucket.stop <= now then
			bucket = bucketOf(limit)
		end
		local shift = 0
		if bucket then
			local before = math.max(now, bucket.paused or 0)
			local after = (length > 0) and math.max(before, now + length) or now
			shift = after - before
			if shift ~= 0 then
				bucket.paused = (after > now) and after or nil
				bucket.time = bucket.stop and 0 or math.max(now, bucket.time + shift)
				bucket.absent = nil
				buckets[limit.key], changed[limit.key] = bucket, true
			end
		end
		answer(bucket and 1 or -1, shift, 0, 0, bucket and pauseOf(bucket) or 0)
	end
end

local function decide(action)
	local takes = action == 'take' or action == 'wait'
	local calls = readNumber()
	local charges, allowed = {}, calls
	for i = 1, readNumber() do
		local limit = limits[readNumber()]
		local charge = { key = limit.key, bucket = bucketOf(limit, takes), cost = readNumber(), shadow = read() == '1' }
		charge.wait = (action == 'wait') and readNumber() or 0
		if not charge.shadow then
			allowed = math.min(allowed, affordable(charge, calls))
		end
		charges[i] = charge
	end
	for _, charge in ipairs(charges) do
		local bucket = charge.bucket
		local taken = takes and affordable(charge, allowed) or 0
		if taken > 0 and charge.cost > 0 then
			bucket.absent = nil
			add(charge, -taken * charge.cost)
		elseif action == 'refund' and bucket and charge.cost > 0 and not bucket.absent then
			add(charge, calls * charge.cost)
		end
		if bucket then
			answer(taken, bucket.tokens, bucket.remainder, math.max(0, (bucket.stop or bucket.time) - now), pauseOf(bucket))
		else
			answer(-1, 0, 0, 0, 0)
		end
	end
end

while at <= #ARGV do
	local action = read()
	if action == 'settle' then
		settleAll()
	elseif action == 'pause' then
		pauseAll()
	else
		decide(action)
	end
end

for key in pairs(changed) do
	local bucket = buckets[key]
	local numbers
	local full = now
	if bucket.stop then
		full = bucket.stop
		numbers = { bucket.limit, bucket.limit - bucket.tokens, bucket.begin, bucket.stop }
	else
		local missing = (bucket.burst - bucket.tokens) * bucket.window - bucket.remainder
		full = math.max(now, bucket.time) + missing / bucket.limit
		numbers = { bucket.limit, bucket.window, bucket.burst, bucket.tokens, bucket.remainder, bucket.time }
	end
	if pauseOf(bucket) > 0 then
		full = math.max(full, bucket.paused)
		table.insert(numbers, bucket.paused)
	end
	for i, number in ipairs(numbers) do
		numbers[i] = string.format('%.0f', number)
	end
	-- An expired bucket is a full one. The second is for the precision of the clocks.
	local ttl = math.min(math.ceil((full - now) / 1000) + 1000, MAX_EXACT)
	redis.call('SET', KEYS[key], table.concat(numbers, ' '), 'PX', string.format('%.0f', ttl))
end
return reply
