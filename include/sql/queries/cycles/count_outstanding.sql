-- How many recipients still owe something?
SELECT count(DISTINCT recipient_id) FROM cycle.obligation_status WHERE cycle_id = :cycle_id AND is_outstanding
