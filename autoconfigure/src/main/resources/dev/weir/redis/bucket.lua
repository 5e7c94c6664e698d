-- Shared by the scripts that read buckets. A bucket is a string of six whole numbers with blanks between them:
--   tokens per window, window (us), burst, tokens, remainder, time (us since 1970)
-- The bucket holds "tokens" whole tokens and remainder / window of another one, as of "time". A negative number of tokens
-- is a debt. All numbers are below 2^53, so that a Lua number holds each of them exactly.
-- Longer than six numbers below 2^53.
local LONGEST = 128
local MAX_EXACT = 9007199254740992
local MAX_TOKENS = 1e12
local MAX_DEBT = 2e12
local MAX_WINDOW = 365 * 86400 * 1e6

-- Returns the time of this server in us since 1970.
local function clock()
	local time = redis.call('TIME')
	return time[1] * 1000000 + time[2]
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
	local limit, window, burst, tokens, remainder, time
	if type(value) == 'string' then
		limit, window, burst, tokens, remainder, time = string.match(value, '^(%d+) (%d+) (%d+) (%-?%d+) (%d+) (%d+)$')
	end
	if not limit then
		return false
	end
	local bucket = {
		limit = tonumber(limit), window = tonumber(window), burst = tonumber(burst), tokens = tonumber(tokens),
		remainder = tonumber(remainder), time = tonumber(time)
	}
	local valid = bucket.limit >= 1 and bucket.limit <= MAX_TOKENS and bucket.burst >= 1 and bucket.burst <= MAX_TOKENS
		and bucket.window >= 1000 and bucket.window <= MAX_WINDOW and bucket.tokens <= bucket.burst
		and bucket.tokens >= -MAX_DEBT and bucket.remainder < bucket.window and bucket.time <= MAX_EXACT
	return valid and bucket
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

-- Adds the tokens that have become due. A bucket whose time is ahead of the clock, because the clock was set back, gets
-- none until the clock has caught up, so that no token is added twice; but it never waits for longer than an empty
-- bucket needs to become full. Returns true if the bucket must be written for that reason.
local function refill(bucket, now)
	local elapsed = now - bucket.time
	if elapsed <= 0 then
		local longest = math.ceil(bucket.burst * bucket.window / bucket.limit)
		if -elapsed > longest then
			bucket.time = now + longest
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

-- Changes the limit of a bucket. It stays as full as it was, in proportion.
local function resize(bucket, limit, window, burst)
	if bucket.limit == limit and bucket.window == window and bucket.burst == burst then
		return
	end
	if bucket.tokens >= bucket.burst then
		bucket.tokens, bucket.remainder = burst, 0
	else
		local tokens = (bucket.tokens + bucket.remainder / bucket.window) * (burst / bucket.burst)
		bucket.tokens = math.floor(tokens)
		bucket.remainder = math.floor((tokens - bucket.tokens) * window)
		if bucket.tokens >= burst then
			bucket.tokens, bucket.remainder = burst, 0
		end
	end
	bucket.limit, bucket.window, bucket.burst = limit, window, burst
end
