-- Does the cycle before this one wait for a refresh, whose answers this one's rows show too?
SELECT p.previous_cycle_id
FROM cycle.previous_cycle p
WHERE p.cycle_id = :cycle_id AND EXISTS (SELECT FROM mart.change c WHERE c.cycle_id = p.previous_cycle_id)
