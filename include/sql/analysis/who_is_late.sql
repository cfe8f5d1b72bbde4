-- Who was late or silent most often over the cycles, as the offices of today? Offices that were merged are counted together.
-- parameter regime: one regime; without it all
-- parameter mode = live: live or rehearsal
-- parameter deliverable = data_form: what was asked for
SELECT t.unit_id, u.kind AS office_kind, t.unit_short_name AS short_name, count(DISTINCT o.cycle_id) AS cycle_count,
       count(*) AS asked_count,
       count(*) FILTER (WHERE o.timeliness = 'late') AS late_count,
       count(*) FILTER (WHERE o.timeliness = 'missing') AS missing_count,
       count(*) FILTER (WHERE o.timeliness IN ('late', 'missing')) AS late_or_missing_count,
       round(avg(o.days_late) FILTER (WHERE o.timeliness = 'late'), 1) AS mean_days_late
FROM mart.obligation o
JOIN cycle.cycle c USING (cycle_id)
JOIN mart.unit_today t USING (organization_id)
JOIN registry.organization u ON u.organization_id = t.unit_id
WHERE c.mode = :mode AND o.is_asked AND o.deliverable = :deliverable
  AND (CAST(:regime AS text) IS NULL OR c.regime = :regime)
GROUP BY t.unit_id, t.unit_short_name, u.kind
HAVING count(*) FILTER (WHERE o.timeliness IN ('late', 'missing')) > 0
ORDER BY late_or_missing_count DESC, mean_days_late DESC NULLS LAST, short_name, office_kind
LIMIT 20;
