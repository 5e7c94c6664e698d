-- Lists the holders of a lease. Changes nothing.
-- KEYS[1] lock or permits
-- Returns the places as "look" lists them.
local places = {}
look(places, KEYS[1])
return places
