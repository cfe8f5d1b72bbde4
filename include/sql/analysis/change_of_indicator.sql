-- How did one indicator change from year to year, of each regime and year by the latest cycle that has answers; means of what is never added up?
-- parameter indicator required: code of the mark or quantity
-- parameter regime: one regime; without it each that has the indicator, by itself
-- parameter mode = live: live or rehearsal
SELECT f.regime, f.regime_title, f.indicator_label, f.year, f.cycle_id, f.total, f.total - lag(f.total) OVER years AS change,
       round(100.0 * (f.total - lag(f.total) OVER years) / nullif(lag(f.total) OVER years, 0), 1) AS change_rate,
       f.rule, f.answered_count, f.asked_count
FROM (
    SELECT w.regime, w.regime_title, w.indicator_label, w.year, w.cycle_id, w.rule, w.answered_count, w.asked_count,
           CASE WHEN w.kind = 'mark' THEN w.office_count WHEN w.rule = 'sum' THEN w.value_sum ELSE m.mean END AS total
    FROM (
        SELECT DISTINCT ON (c.regime, t.year) c.regime, c.regime_content ->> 'title' AS regime_title,
               a.short_label AS indicator_label, t.*, a.rule
        FROM mart.indicator_total t
        JOIN cycle.cycle c USING (cycle_id)
        JOIN mart.asked_value a USING (cycle_id, indicator, year)
        WHERE c.mode = :mode AND t.indicator = :indicator AND t.answered_count > 0
          AND (CAST(:regime AS text) IS NULL OR c.regime = :regime)
          AND NOT EXISTS (SELECT FROM cycle.withdrawal d WHERE d.cycle_id = c.cycle_id)
        ORDER BY c.regime, t.year, c.period_to DESC, c.request_on DESC, cycle.rehearsal_number(c.cycle_id) DESC,
                 c.cycle_id DESC
    ) w
    LEFT JOIN LATERAL (
        SELECT round(avg(v.value), 2) AS mean
        FROM mart.indicator_value v
        WHERE w.rule = 'list' AND v.cycle_id = w.cycle_id AND v.indicator = w.indicator AND v.year = w.year
    ) m ON true
) f
WINDOW years AS (PARTITION BY f.regime ORDER BY f.year)
ORDER BY f.year, f.regime;
