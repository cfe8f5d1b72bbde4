-- How did one indicator change from year to year, over all cycles of its form that asked about it?
-- parameter indicator required: code of the mark or quantity
-- parameter regime: one regime; without it all
SELECT w.cycle_id, w.year, w.total, w.total - lag(w.total) OVER (ORDER BY w.period_to, w.year) AS change,
       round(100.0 * (w.total - lag(w.total) OVER (ORDER BY w.period_to, w.year))
             / nullif(lag(w.total) OVER (ORDER BY w.period_to, w.year), 0), 1) AS change_rate,
       w.answered_count, w.asked_count
FROM (
    SELECT t.cycle_id, c.period_to, t.year, CASE t.kind WHEN 'mark' THEN t.office_count ELSE t.value_sum END AS total,
           t.answered_count, t.asked_count
    FROM mart.indicator_total t
    JOIN cycle.cycle c USING (cycle_id)
    WHERE t.indicator = :indicator AND (CAST(:regime AS text) IS NULL OR c.regime = :regime)
) w
ORDER BY w.period_to, w.year;
