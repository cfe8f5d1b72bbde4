-- Which cycles are open, by which DAG are they run, and which of its runs have carried them? Not rehearsals that a process
-- carries through by itself.
SELECT c.cycle_id, c.regime, c.period, c.mode,
       ARRAY(SELECT DISTINCT e.detail ->> 'run_id' FROM audit.event e
             WHERE e.cycle_id = c.cycle_id AND e.kind = 'run_started') AS run_ids
FROM cycle.cycle c
JOIN cycle.clock t ON t.clock_id = c.clock_id AND NOT t.is_conducted
WHERE EXISTS (SELECT FROM cycle.milestone m WHERE m.cycle_id = c.cycle_id AND m.done_at IS NULL)
ORDER BY c.cycle_id
