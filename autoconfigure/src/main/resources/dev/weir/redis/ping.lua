-- Checks that Redis runs scripts.
-- Returns 1.
return 1
