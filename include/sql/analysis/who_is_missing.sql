-- Who still owes what, since when, and how often were they reminded?
-- parameter cycle_id required: the cycle
SELECT o.position, u.kind AS office_kind, o.short_name, o.group_code, o.region, o.deliverable, o.state, o.timeliness,
       cycle.last_day_in_time(o.due_at) AS last_day, s.reminder_count
FROM mart.obligation o
JOIN mart.recipient_status s USING (recipient_id)
JOIN registry.organization u ON u.organization_id = o.organization_id
WHERE o.cycle_id = :cycle_id AND o.is_asked AND o.timeliness = 'missing'
ORDER BY o.position, o.deliverable;
