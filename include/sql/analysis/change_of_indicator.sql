-- How did one indicator change from year to year? Of each year what the latest cycle says that asked about it.
-- parameter indicator required: code of the mark or quantity
-- parameter regime: one regime; without it all that have the indicator
-- parameter mode = live: live or rehearsal
SELECT w.year, w.cycle_id, w.total, w.total - lag(w.total) OVER (ORDER BY w.year) AS change,
       round(100.0 * (w.total - lag(w.total) OVER (ORDER BY w.year)) / nullif(lag(w.total) OVER (ORDER BY w.year), 0), 1)
           AS change_rate,
       w.answered_count, w.asked_count
FROM (
    SELECT DISTINCT ON (t.year) t.cycle_id, t.year,
           CASE t.kind WHEN 'mark' THEN t.office_count ELSE t.value_sum END AS total, t.answered_count, t.asked_count
    FROM mart.indicator_total t
    JOIN cycle.cycle c USING (cycle_id)
    WHERE c.mode = :mode AND t.indicator = :indicator AND (CAST(:regime AS text) IS NULL OR c.regime = :regime)
    ORDER BY t.year, c.period_to DESC, t.cycle_id DESC
) w
ORDER BY w.year;
