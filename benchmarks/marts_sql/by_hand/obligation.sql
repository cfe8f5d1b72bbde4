-- Every obligation with its timeliness.
SELECT r.cycle_id, r.recipient_id, r.organization_id, r.position, r.short_name, r.group_code,
       coalesce(s.region_scheme, '') AS region_scheme, coalesce(g.region, '') AS region,
       o.deliverable, o.kind, o.kind <> 'task' AND NOT o.is_opt_in AND w.cycle_id IS NULL AS is_asked,
       o.due_at, o.original_due_at, o.state,
       CASE WHEN o.state IN ('waived', 'nil', 'confidential', 'optional') THEN o.state
            WHEN coalesce(o.first_received_at, u.received_at) IS NOT NULL THEN
                CASE WHEN o.original_due_at IS NULL OR coalesce(o.first_received_at, u.received_at) < o.original_due_at
                         THEN 'on_time'
                     WHEN coalesce(o.first_received_at, u.received_at) < o.due_at THEN 'extended_on_time'
                     ELSE 'late' END
            WHEN w.cycle_id IS NOT NULL THEN 'withdrawn'
            WHEN o.kind <> 'task' AND coalesce(k.now_at, now()) >= o.due_at THEN 'missing'
            ELSE 'not_due' END AS timeliness,
       coalesce(o.first_received_at, u.received_at) AS first_received_at, o.completed_at,
       cycle.days_late(coalesce(o.first_received_at, u.received_at), o.due_at) AS days_late
FROM cycle.recipient r
JOIN cycle.cycle c ON c.cycle_id = r.cycle_id
LEFT JOIN registry.region_scheme s ON c.request_on >= s.valid_from AND (s.valid_to IS NULL OR c.request_on < s.valid_to)
LEFT JOIN registry.organization_region g ON g.organization_id = r.organization_id AND g.region_scheme = s.region_scheme
JOIN cycle.clock k ON k.clock_id = c.clock_id
JOIN cycle.obligation_status o ON o.recipient_id = r.recipient_id
LEFT JOIN core.current_submission u ON o.kind = 'data_form' AND u.recipient_id = r.recipient_id
LEFT JOIN cycle.withdrawal w ON w.cycle_id = r.cycle_id
WHERE r.role = 'owes'
