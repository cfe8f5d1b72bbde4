-- Which cycle of the same regime and form came before this one?
SELECT c.cycle_id, c.title, c.period_from, c.period_to
FROM cycle.previous_cycle p
JOIN cycle.cycle c ON c.cycle_id = p.previous_cycle_id
WHERE p.cycle_id = :cycle_id
