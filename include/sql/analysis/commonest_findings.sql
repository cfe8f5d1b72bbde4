-- What was found most often in what offices sent?
-- parameter cycle_id: one cycle; without it all
-- parameter mode = live: live or rehearsal, where no cycle is named
SELECT f.rule, f.stage, f.severity, sum(f.finding_count) AS finding_count, count(DISTINCT f.recipient_id) AS office_count,
       sum(f.explained_count) AS explained_count, sum(f.waived_count) AS waived_count
FROM mart.finding_count f
JOIN cycle.cycle c USING (cycle_id)
WHERE CASE WHEN CAST(:cycle_id AS text) IS NULL THEN c.mode = :mode ELSE f.cycle_id = :cycle_id END
GROUP BY f.rule, f.stage, f.severity
ORDER BY finding_count DESC, f.rule
LIMIT 20;
