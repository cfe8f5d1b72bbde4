-- Who still owes what, since when, and how often were they reminded?
-- parameter cycle_id required: the cycle
SELECT o.position, o.short_name, o.group_code, o.region, o.deliverable, o.state, o.timeliness, o.due_at, s.reminder_count
FROM mart.obligation o
JOIN mart.recipient_status s USING (recipient_id)
WHERE o.cycle_id = :cycle_id AND o.is_asked AND o.timeliness = 'missing'
ORDER BY o.position, o.deliverable;
