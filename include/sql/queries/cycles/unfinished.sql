-- Which cycles are open, and by which DAG are they run?
SELECT cycle_id, regime, period, mode
FROM cycle.cycle c
WHERE EXISTS (SELECT FROM cycle.milestone m WHERE m.cycle_id = c.cycle_id AND m.done_at IS NULL)
ORDER BY cycle_id
