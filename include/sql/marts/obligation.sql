-- What was each recipient asked for, and how did it answer: in time, late, not at all?
-- Nil, waived and confidential answers are kinds of their own; days_late says whether they came late.
SELECT p.cycle_id, p.recipient_id, p.organization_id, p.position, p.short_name, p.group_code, p.region_scheme, p.region,
       o.deliverable, o.kind,
       o.kind <> 'task' AND NOT o.is_opt_in AND w.cycle_id IS NULL AS is_asked,
       o.due_at, o.original_due_at, o.state,
       CASE WHEN o.state IN ('waived', 'nil', 'confidential', 'optional') THEN o.state
            WHEN a.answered_at IS NOT NULL THEN
                CASE WHEN NOT cycle.is_late(a.answered_at, o.original_due_at) THEN 'on_time'
                     WHEN NOT cycle.is_late(a.answered_at, o.due_at) THEN 'extended_on_time'
                     ELSE 'late' END
            WHEN w.cycle_id IS NOT NULL THEN 'withdrawn'
            WHEN o.kind <> 'task' AND cycle.is_late(coalesce(k.now_at, now()), o.due_at) THEN 'missing'
            ELSE 'not_due' END AS timeliness,
       a.answered_at AS first_received_at, o.completed_at,
       cycle.days_late(a.answered_at, o.due_at) AS days_late
FROM mart.recipient p
JOIN cycle.cycle c ON c.cycle_id = p.cycle_id
JOIN cycle.clock k ON k.clock_id = c.clock_id
JOIN cycle.obligation_status o ON o.recipient_id = p.recipient_id
LEFT JOIN intake.submission s ON o.kind = 'data_form' AND s.submission_id = p.submission_id
LEFT JOIN cycle.withdrawal w ON w.cycle_id = p.cycle_id
CROSS JOIN LATERAL (SELECT coalesce(o.first_received_at, s.received_at) AS answered_at) a
