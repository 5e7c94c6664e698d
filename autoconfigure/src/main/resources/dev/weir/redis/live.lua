-- Shared by the scripts for semaphores: lets the permits live at least as long as the one that was just written.
-- permits   the sorted set of permits      ttl   time to live of that permit, ms
-- others    how many other permits there may be
local function live(permits, ttl, others)
	if others == 0 or redis.call('PTTL', permits) < tonumber(ttl) then
		redis.call('PEXPIRE', permits, ttl)
	end
end

