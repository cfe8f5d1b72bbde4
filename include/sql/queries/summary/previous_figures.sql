-- What did the indicators of this cycle's form come to in the previous cycle, by the year each is compared with, and for marks over
-- all years together?
SELECT a.indicator, a.year, a.previous_year,
       CASE a.kind WHEN 'mark' THEN t.office_count ELSE t.value_count + t.nil_count END AS office_count,
       CASE a.kind WHEN 'quantity' THEN t.value_sum END AS total
FROM mart.asked_value a
JOIN cycle.previous_cycle p USING (cycle_id)
JOIN mart.indicator_total t
    ON t.cycle_id = p.previous_cycle_id AND t.indicator = a.indicator AND t.year = a.previous_year AND t.kind = a.kind
WHERE a.cycle_id = :cycle_id
UNION ALL
SELECT DISTINCT a.indicator, NULL::integer, NULL::integer, d.office_count, NULL::numeric
FROM mart.asked_value a
JOIN cycle.previous_cycle p USING (cycle_id)
JOIN mart.indicator_distinct d ON d.cycle_id = p.previous_cycle_id AND d.indicator = a.indicator
WHERE a.cycle_id = :cycle_id AND a.kind = 'mark'
ORDER BY indicator, year
