-- What is this cycle, and by which clock does it run?
SELECT c.mode, c.clock_id, k.keeps_mail
FROM cycle.cycle c
JOIN cycle.clock k USING (clock_id)
WHERE c.cycle_id = :cycle_id
