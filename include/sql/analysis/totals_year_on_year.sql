-- What do the figures of a cycle add up to, what did they a cycle before, and how did the offices change that answered both times?
-- parameter cycle_id required: the cycle
SELECT a.short_label AS indicator_label, t.year, a.unit, t.asked_count, t.answered_count,
       CASE t.kind WHEN 'mark' THEN t.office_count ELSE t.value_sum END AS total,
       CASE WHEN p.previous_cycle_id IS NOT NULL
            THEN CASE t.kind WHEN 'mark' THEN t.previous_office_count ELSE t.previous_value_sum END END AS previous_total,
       CASE WHEN p.previous_cycle_id IS NOT NULL THEN t.both_count END AS both_count,
       CASE WHEN p.previous_cycle_id IS NOT NULL THEN t.change_sum END AS change,
       t.gained_count, t.lost_count
FROM mart.indicator_total t
JOIN mart.asked_value a USING (cycle_id, indicator, year)
LEFT JOIN cycle.previous_cycle p USING (cycle_id)
WHERE t.cycle_id = :cycle_id AND (t.kind = 'mark' OR a.rule = 'sum')
ORDER BY a.place, t.year;
