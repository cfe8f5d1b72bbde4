-- What was found most often in what offices sent?
-- parameter cycle_id: one cycle; without it all
SELECT f.rule, f.stage, f.severity, sum(f.finding_count) AS finding_count, count(DISTINCT f.recipient_id) AS office_count,
       sum(f.explained_count) AS explained_count, sum(f.waived_count) AS waived_count
FROM mart.finding_count f
WHERE CAST(:cycle_id AS text) IS NULL OR f.cycle_id = :cycle_id
GROUP BY f.rule, f.stage, f.severity
ORDER BY finding_count DESC, f.rule
LIMIT 20;
