-- How do the regions compare in one indicator of a cycle, by year; what is never added up by its mean?
-- parameter cycle_id required: the cycle
-- parameter indicator required: code of the mark or quantity
SELECT a.short_label AS indicator_label, t.region, t.year, a.rule, sum(t.asked_count) AS asked_count, sum(t.answered_count) AS answered_count,
       CASE WHEN t.kind = 'mark' THEN sum(t.office_count) WHEN a.rule = 'sum' THEN sum(t.value_sum) ELSE m.mean END AS total,
       CASE WHEN t.kind = 'mark'
            THEN round(100.0 * sum(t.office_count) / nullif(sum(t.answered_count), 0), 1) END AS rate
FROM mart.indicator_by_region t
JOIN mart.asked_value a USING (cycle_id, indicator, year)
LEFT JOIN LATERAL (
    SELECT round(avg(v.value), 2) AS mean
    FROM mart.indicator_value v
    WHERE a.rule = 'list' AND v.cycle_id = t.cycle_id AND v.indicator = t.indicator AND v.year = t.year
      AND v.region = t.region
) m ON true
WHERE t.cycle_id = :cycle_id AND t.indicator = :indicator AND t.region <> ''
GROUP BY t.region, t.year, t.kind, a.short_label, a.rule, m.mean
ORDER BY t.region, t.year;
