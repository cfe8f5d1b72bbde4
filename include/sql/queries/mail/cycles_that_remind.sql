-- Which cycles (or this one) have reminders or copies of urging letters in the queue; by which office hours, and what time
-- is it there?
SELECT c.cycle_id, c.regime, c.regime_content -> 'office_hours' AS office_hours,
       coalesce(k.now_at, CAST(:wall_now AS timestamptz)) AS now
FROM cycle.cycle c
JOIN cycle.clock k USING (clock_id)
WHERE (CAST(:cycle_id AS text) IS NULL OR c.cycle_id = :cycle_id)
  AND EXISTS (SELECT FROM cycle.message m
              WHERE m.cycle_id = c.cycle_id AND m.state = 'queued' AND cycle.waits_for_office_hours(m.step))
