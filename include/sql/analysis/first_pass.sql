-- What share of the first answers was accepted as it came, by cycle?
-- parameter regime: one regime; without it all
-- parameter mode = live: live or rehearsal
SELECT q.cycle_id, c.title AS cycle_title, count(*) AS first_count, count(*) FILTER (WHERE q.is_first_pass) AS first_pass_count,
       round(100.0 * count(*) FILTER (WHERE q.is_first_pass) / nullif(count(*), 0), 1) AS rate
FROM mart.submission_quality q
JOIN cycle.cycle c USING (cycle_id)
WHERE c.mode = :mode AND q.is_first AND (CAST(:regime AS text) IS NULL OR c.regime = :regime)
GROUP BY q.cycle_id, c.title, c.period_to
ORDER BY c.period_to, q.cycle_id;
