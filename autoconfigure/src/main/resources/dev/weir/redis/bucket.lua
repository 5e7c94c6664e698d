-- Shared by the scripts that read buckets. A bucket is a string of six whole numbers with blanks between them:
--   tokens per window, window (us), burst, tokens, remainder, time (us since 1970)
-- The bucket holds "tokens" whole tokens and remainder / window of another one, as of "time". A negative number of tokens
-- is a debt. A quota, whose count begins anew at "stop", is a string of four:
--   tokens per period, tokens that are used, begin of the period, stop of the period (us since 1970)
-- A paused bucket has one more number, the end of the pause (us since 1970). A pause moves "time" by its length, so that no
-- tokens become due in it. All numbers are below 2^53, so that a Lua
-- number holds each of them exactly.
-- Longer than seven numbers below 2^53.
local LONGEST = 144
local MAX_EXACT = 9007199254740992
local MAX_TOKENS = 1e12
local MAX_DEBT = 2e12
local MAX_WINDOW = 365 * 86400 * 1e6

-- Returns the time of this server in us since 1970.
local function clock()
	local time = redis.call('TIME')
	return time[1] * 1000000 + time[2]
end

-- Returns numbers as they are stored.
local function format(numbers)
	local texts = {}
	for i, number in ipairs(numbers) do
		texts[i] = string.format('%.0f', number)
	end
	return table.concat(texts, ' ')
end

local function isTime(number)
	return number >= 0 and number <= MAX_EXACT
end

-- Returns the bucket of six or seven numbers, false if there is none.
local function tokensOf(numbers)
	local limit, window, burst, tokens, remainder, time, paused = unpack(numbers)
	local valid = #numbers <= 7 and limit >= 1 and limit <= MAX_TOKENS and burst >= 1 and burst <= MAX_TOKENS
		and window >= 1000 and window <= MAX_WINDOW and tokens <= burst and tokens >= -MAX_DEBT and remainder >= 0
		and remainder < window and isTime(time) and isTime(paused or 0)
	return valid and { limit = limit, window = window, burst = burst, tokens = tokens, remainder = remainder, time = time,
		paused = paused }
end

-- Returns the quota of four or five numbers, false if there is none.
local function quotaOf(numbers)
	local limit, used, begin, stop, paused = unpack(numbers)
	local valid = #numbers >= 4 and limit >= 1 and limit <= MAX_TOKENS and used >= 0 and used <= limit + MAX_DEBT
		and isTime(begin) and isTime(stop) and begin < stop and isTime(paused or 0)
	return valid and { limit = limit, window = 0, burst = limit, tokens = limit - used, remainder = 0, time = 0,
		begin = begin, stop = stop, paused = paused }
end

-- Reads a bucket. Returns nil if the key does not exist, false if it holds anything other than a bucket.
local function readBucket(key)
	local value = redis.pcall('GETRANGE', key, 0, LONGEST)
	if value == '' then
		-- Absent. An empty string counts as absent, too: GETRANGE returns the same for both, and GET would read a
		-- value of any length.
		return nil
	elseif type(value) == 'table' and not string.find(value.err, 'WRONGTYPE', 1, true) then
		-- Raises the error, such as that of a missing permission.
		redis.call('GETRANGE', key, 0, LONGEST)
	end
	local numbers = {}
	if type(value) == 'string' then
		for number in string.gmatch(value, '%-?%d+') do
			table.insert(numbers, tonumber(number))
		end
	end
	if #numbers < 4 or format(numbers) ~= value then
		return false
	end
	return (#numbers < 6) and quotaOf(numbers) or (#numbers >= 6) and tokensOf(numbers)
end

-- Divides whole numbers exactly. Returns quotient and remainder.
local function divide(sum, divisor)
	local quotient = math.floor(sum / divisor)
	local remainder = sum - quotient * divisor
	if remainder < 0 then
		return quotient - 1, remainder + divisor
	elseif remainder >= divisor then
		return quotient + 1, remainder - divisor
	end
	return quotient, remainder
end

-- Divides factor * share + added by divisor, exactly. Requires share <= divisor < 2^45 and added < divisor.
-- Where the product is too large for a Lua number, works through the factor in digits of 7 bits (Horner's scheme).
local function divideProduct(factor, share, added, divisor)
	if factor * share + added < MAX_EXACT then
		return divide(factor * share + added, divisor)
	end
	local digits = {}
	while factor > 0 do
		local digit = factor % 128
		table.insert(digits, digit)
		factor = (factor - digit) / 128
	end
	local quotient, remainder = 0, 0
	for i = #digits, 1, -1 do
		local digit
		digit, remainder = divide(remainder * 128 + digits[i] * share, divisor)
		quotient = quotient * 128 + digit
	end
	local carry
	carry, remainder = divide(remainder + added, divisor)
	return quotient + carry, remainder
end

-- Adds the tokens that have become due. A bucket whose time is ahead of the clock, because it is paused or the clock was set
-- back, gets none until the clock has caught up, so that no token is added twice; but it never waits for longer than an empty
-- bucket needs to become full after a pause. Returns true if the bucket must be written for that reason.
local function refill(bucket, now)
	if bucket.stop then
		return false
	end
	local elapsed = now - bucket.time
	if elapsed <= 0 then
		local latest = math.max(now, bucket.paused or 0) + math.ceil(bucket.burst * bucket.window / bucket.limit)
		if bucket.time > latest then
			bucket.time = latest
			return true
		end
		return false
	end
	bucket.time = now
	if bucket.tokens < bucket.burst then
		local tokens = bucket.tokens
		if elapsed > bucket.window then
			local windows
			windows, elapsed = divide(elapsed, bucket.window)
			tokens = tokens + windows * bucket.limit
		end
		if tokens < bucket.burst then
			local added
			added, bucket.remainder = divideProduct(bucket.limit, elapsed, bucket.remainder, bucket.window)
			tokens = tokens + added
		end
		bucket.tokens = tokens
	end
	if bucket.tokens >= bucket.burst then
		bucket.tokens, bucket.remainder = bucket.burst, 0
	end
	return false
end

-- Returns the tokens that a bucket gets within a time in us.
local function future(bucket, elapsed)
	if bucket.stop or elapsed <= 0 then
		return 0
	end
	local windows = 0
	if elapsed > bucket.window then
		windows, elapsed = divide(elapsed, bucket.window)
	end
	return math.min(windows * bucket.limit + divideProduct(bucket.limit, elapsed, bucket.remainder, bucket.window), MAX_TOKENS)
end

-- Returns a full bucket.
local function newBucket(limit, now)
	return { limit = limit.limit, window = limit.window, burst = limit.burst, tokens = limit.burst, remainder = 0,
		time = limit.stop and 0 or now, begin = limit.begin, stop = limit.stop, absent = true }
end

-- Returns the bucket with another limit, or the bucket itself if it has that limit. A quota of the same period keeps what
-- is used. Any other bucket stays as full as it was, in proportion.
local function fit(bucket, limit, now)
	if bucket.limit == limit.limit and bucket.window == limit.window and bucket.burst == limit.burst
		and bucket.begin == limit.begin and bucket.stop == limit.stop then
		return bucket
	end
	local fitting = newBucket(limit, now)
	fitting.paused, fitting.absent = bucket.paused, bucket.absent
	fitting.time = limit.stop and 0 or math.max(now, bucket.paused or 0)
	if bucket.stop and bucket.stop <= now or bucket.tokens >= bucket.burst then
		return fitting
	end
	-- If the clock was set back, the count of the period that had begun goes on.
	local ahead = bucket.stop and limit.stop and bucket.begin > now and bucket.begin - now <= bucket.stop - bucket.begin
	if ahead or bucket.stop and bucket.begin == limit.begin and bucket.stop == limit.stop then
		fitting.begin, fitting.stop = bucket.begin, bucket.stop
		fitting.tokens = limit.limit - (bucket.limit - bucket.tokens)
		return fitting
	end
	local part = bucket.stop and 0 or bucket.remainder / bucket.window
	local tokens = (bucket.tokens + part) * (limit.burst / bucket.burst)
	if math.floor(tokens) < limit.burst then
		fitting.tokens = math.floor(tokens)
		fitting.remainder = math.floor((tokens - fitting.tokens) * limit.window)
		fitting.time = (limit.stop or bucket.stop) and fitting.time or bucket.time
	end
	return fitting
end
