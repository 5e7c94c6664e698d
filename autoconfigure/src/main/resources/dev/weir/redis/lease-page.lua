-- Lists the holders of the leases in one page of the keys of this server. Changes nothing.
-- ARGV    as "scan" takes them
-- Returns {cursor of the next page ('0' if there is none), the places as "look" lists them ...}.
local places = { '0' }
places[1] = scan(function(key)
	look(places, key)
end)
return places
