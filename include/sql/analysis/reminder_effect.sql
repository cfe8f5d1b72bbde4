-- How many of those reminded answered within 48 hours, by step?
-- parameter cycle_id: one cycle; without it all
-- parameter mode = live: live or rehearsal, where no cycle is named
SELECT e.step, sum(e.sent_count) AS sent_count, sum(e.answered_48h_count) AS answered_48h_count,
       sum(e.answered_count) AS answered_count,
       round(100.0 * sum(e.answered_48h_count) / nullif(sum(e.sent_count), 0), 1) AS rate
FROM mart.reminder_effect e
JOIN cycle.cycle c USING (cycle_id)
WHERE CASE WHEN CAST(:cycle_id AS text) IS NULL THEN c.mode = :mode ELSE e.cycle_id = :cycle_id END
GROUP BY e.step
ORDER BY CASE WHEN e.step LIKE 'reminder\_\_i\_%' THEN 0 WHEN e.step LIKE 'reminder%' THEN 1 WHEN e.step = 'urging' THEN 2 ELSE 3 END,
         CASE WHEN e.step LIKE '%t_minus_%' THEN -1 ELSE 1 END * substring(e.step FROM '_([0-9]+)$')::integer, e.step;
