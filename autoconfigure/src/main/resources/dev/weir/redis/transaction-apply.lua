-- Applies a transaction: all of its commands, or none of them.
-- KEYS    the keys, to which ARGV refers by index; the first key is the marker if there is one
-- ARGV[1] time to live of the marker, ms (0: there is no marker), then
--   the number of leases, and for each: key, 'lock' or 'semaphore', owner
--   the number of checks, and for each: key, '1' if it must have the value that follows, '0' if it must be absent, value
--   the number of commands, and for each: name, key (0 for none), number of arguments after the key, arguments
-- Returns {'APPLIED', result, ...}; a result is a number, or the id of a stream entry. If nothing is
-- written, returns one of these:
--   {'CONFLICT', n} if check n failed                 {'LOST', n} if lease n is not held
--   {'ABANDONED'} if the transaction was abandoned     {'APPLIED_BEFORE'} if it was applied by an earlier call
--   {'REJECTED', n, why} if command n cannot be applied (n = 0: the marker)
-- Returns {'TORN', n, why} if command n failed although it was checked: the commands before it are applied (n = 0: by
-- an earlier call).
-- The value of the marker is 'applied', 'torn' or 'abandoned'.
local KEEPS, CREATES, REMOVES = 1, 2, 3
local COMMANDS = {
	SET = { 'any', CREATES, 'string' }, DEL = { 'any', KEEPS }, PEXPIRE = { 'any', KEEPS },
	INCRBY = { 'string', CREATES }, HSET = { 'hash', CREATES }, HDEL = { 'hash', REMOVES }, HINCRBY = { 'hash', CREATES },
	SADD = { 'set', CREATES }, SREM = { 'set', REMOVES }, ZADD = { 'zset', CREATES }, ZREM = { 'zset', REMOVES },
	ZREMRANGEBYSCORE = { 'zset', REMOVES }, LPUSH = { 'list', CREATES }, RPUSH = { 'list', CREATES },
	LTRIM = { 'list', REMOVES }, XADD = { 'stream', CREATES }
}
-- Lua 5.1 does not count exactly above this number.
local LARGEST = 9007199254740991
-- The index of a string's value in the table of fields. Fields of hashes have strings as indexes.
local SELF = 0

local at = 0
local function read()
	at = at + 1
	return ARGV[at]
end
local function readNumber()
	return tonumber(read())
end

-- The state that each key will have after the commands before the current one.
local state = {}
local function stateOf(key)
	local known = state[key]
	if not known then
		known = { type = redis.call('TYPE', key).ok, fields = {}, stored = true }
		state[key] = known
	end
	return known
end

local function number(known, key, field)
	local value = known.fields[field]
	if value == nil then
		value = false
		if known.stored then
			value = (field == SELF) and redis.call('GET', key) or (field ~= SELF and redis.call('HGET', key, field))
		end
	end
	value = value or '0'
	local result = tonumber(value)
	local integer = value == '0' or string.match(value, '^-?[1-9]%d*$')
	return integer and math.abs(result) <= LARGEST and result or nil
end

-- Returns the reason why a command cannot be applied, or nil, and records the changes of the command.
local function check(command, key)
	local name, arguments = command[1], command.arguments
	if redis.acl_check_cmd and not redis.acl_check_cmd(unpack(command.all)) then
		return 'the Redis user may not do it'
	end
	if not key then
		return nil
	end
	local rule, known = COMMANDS[name], stateOf(key)
	if rule[1] ~= 'any' and known.type ~= 'none' and known.type ~= rule[1] then
		return 'the key holds a ' .. known.type .. ', not a ' .. rule[1]
	end
	if name == 'INCRBY' or name == 'HINCRBY' then
		local field = (name == 'HINCRBY') and arguments[1] or SELF
		local old = number(known, key, field)
		local new = old and old + tonumber(arguments[#arguments])
		if not old then
			return 'the value is no integer between -(2^53 - 1) and 2^53 - 1'
		elseif math.abs(new) > LARGEST then
			return 'the result is no integer between -(2^53 - 1) and 2^53 - 1'
		end
		known.fields[field] = string.format('%.0f', new)
	elseif name == 'SET' then
		if arguments[#arguments] == 'NX' and #arguments ~= 1 and known.type ~= 'none' then
			-- It is not known beforehand whether the key will still exist, and so which type it will have.
			return known.emptied and 'the key may have been emptied by the commands before it: delete it in their place'
				or nil
		end
		known.fields, known.stored = { [SELF] = arguments[1] }, false
		known.type = 'string'
	elseif name == 'DEL' then
		known.fields, known.stored, known.type = {}, false, 'none'
	elseif name == 'HSET' then
		for i = 1, #arguments, 2 do
			known.fields[arguments[i]] = arguments[i + 1]
		end
	elseif name == 'HDEL' then
		for i = 1, #arguments do
			known.fields[arguments[i]] = false
		end
	end
	if rule[2] == CREATES and rule[1] ~= 'any' then
		known.type = rule[1]
	end
	-- Only a command that removes can empty a key. A deletion is certain, and a command that creates fills the key.
	if rule[2] == REMOVES then
		known.emptied = known.type ~= 'none'
	elseif rule[2] == CREATES or name == 'DEL' then
		known.emptied = false
	end
	return nil
end

local function resultOf(answer)
	if type(answer) == 'table' then
		return answer.ok and 1 or #answer
	end
	return answer or 0
end

local markerTtl = read()
local marker = markerTtl ~= '0' and KEYS[1]
if marker then
	local mark = redis.call('GET', marker)
	if mark == 'abandoned' then
		return { 'ABANDONED' }
	elseif mark == 'torn' then
		return { 'TORN', 0, 'an earlier execution with this id was not applied as a whole' }
	elseif mark then
		return { 'APPLIED_BEFORE' }
	end
end

for i = 1, readNumber() do
	local key, kind, owner = KEYS[readNumber()], read(), read()
	local held
	if kind == 'lock' then
		held = redis.pcall('GETRANGE', key, 0, #owner) == owner
	else
		local deadline = redis.pcall('ZSCORE', key, owner)
		local time = redis.call('TIME')
		held = type(deadline) == 'string' and tonumber(deadline) > time[1] * 1000 + math.floor(time[2] / 1000)
	end
	if not held then
		return { 'LOST', i }
	end
end

for i = 1, readNumber() do
	local key, expected, value = KEYS[readNumber()], read(), read()
	local found
	if expected == '1' then
		-- A value of another type counts as another value.
		found = redis.pcall('GET', key) == value
	else
		found = redis.call('EXISTS', key) == 0
	end
	if not found then
		return { 'CONFLICT', i }
	end
end

local commands = {}
for i = 1, readNumber() do
	local name, key = read(), KEYS[readNumber()]
	local command = { name, arguments = {}, all = { name, key } }
	for argument = 1, readNumber() do
		local value = read()
		command.arguments[argument] = value
		command.all[#command.all + 1] = value
	end
	local why = check(command, key)
	if why then
		return { 'REJECTED', i, why }
	end
	commands[i] = command
end

-- If Redis accepts no writes at all (no memory, a read-only replica, a full disk), it refuses the first write.
if marker then
	local set = redis.pcall('SET', marker, 'applied', 'PX', markerTtl)
	if set.err then
		return { 'REJECTED', 0, set.err }
	end
end
local answer, written = { 'APPLIED' }, false
-- The receiver of a message must find the change: messages are published after all writes.
for pass = 1, 2 do
	for i, command in ipairs(commands) do
		if (command[1] == 'PUBLISH') == (pass == 2) then
			local result = redis.pcall(unpack(command.all))
			if type(result) == 'table' and result.err then
				if marker and written then
					redis.pcall('SET', marker, 'torn', 'PX', markerTtl)
				elseif marker then
					redis.pcall('DEL', marker)
				end
				return { written and 'TORN' or 'REJECTED', i, result.err }
			end
			written = true
			answer[i + 1] = resultOf(result)
		end
	end
end
return answer
