-- What time is it for this cycle? now_at is null for the wall clock.
SELECT k.now_at
FROM cycle.cycle c
JOIN cycle.clock k USING (clock_id)
WHERE c.cycle_id = :cycle_id
