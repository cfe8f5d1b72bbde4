-- What do the figures of a cycle add up to, and how do they differ from what the same offices reported a cycle before?
-- parameter cycle_id required: the cycle
SELECT i.short_label AS indicator_label, t.year, i.unit, t.asked_count, t.answered_count,
       CASE t.kind WHEN 'mark' THEN t.office_count ELSE t.value_sum END AS total,
       CASE WHEN p.cycle_id IS NOT NULL
            THEN CASE t.kind WHEN 'mark' THEN t.previous_office_count ELSE t.previous_value_sum END END AS previous_total,
       CASE WHEN p.cycle_id IS NOT NULL
            THEN CASE t.kind WHEN 'mark' THEN t.office_count - t.previous_office_count
                             ELSE t.value_sum - t.previous_value_sum END END AS change,
       t.gained_count, t.lost_count
FROM mart.indicator_total t
JOIN mart.indicator i ON i.cycle_id = t.cycle_id AND i.indicator = t.indicator AND i.rule IN ('any', 'sum')
LEFT JOIN cycle.previous_cycle p ON p.cycle_id = t.cycle_id AND p.previous_cycle_id IS NOT NULL
WHERE t.cycle_id = :cycle_id
ORDER BY i.position, t.year;
