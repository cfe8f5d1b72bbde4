-- How do the regions compare in one indicator of a cycle, by year?
-- parameter cycle_id required: the cycle
-- parameter indicator required: code of the mark or quantity
SELECT t.region, t.year, sum(t.asked_count) AS asked_count, sum(t.answered_count) AS answered_count,
       sum(CASE t.kind WHEN 'mark' THEN t.office_count ELSE t.value_sum END) AS total,
       round(100.0 * sum(t.office_count) / nullif(sum(t.answered_count), 0), 1) AS rate
FROM mart.indicator_by_region t
WHERE t.cycle_id = :cycle_id AND t.indicator = :indicator AND t.region <> ''
GROUP BY t.region, t.year
ORDER BY t.region, t.year;
