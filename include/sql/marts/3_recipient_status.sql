-- How did each recipient answer: when, on time or late, after how many reminders and completions?
-- Timeliness looks at the data form; it is kept apart from completeness.
DELETE FROM mart.recipient_status WHERE cycle_id = :cycle_id;
INSERT INTO mart.recipient_status
    (cycle_id, recipient_id, position, short_name, data_form_state, signed_report_state, first_received_at, accepted_at,
     timeliness, days_late, submission_count, completion_request_count, reminder_count, is_entered_by_ministry)
SELECT r.cycle_id, r.recipient_id, r.position, r.short_name, d.state, g.state, d.first_received_at, s.accepted_at,
       CASE WHEN d.state = 'waived' THEN 'waived'
            WHEN d.state = 'confidential' AND d.first_received_at IS NULL THEN 'confidential'
            WHEN d.first_received_at IS NULL AND s.submission_id IS NULL
                THEN CASE WHEN cycle.is_late(n.now_at, d.due_at) THEN 'missing' ELSE 'not_due' END
            WHEN d.due_at IS NULL THEN 'on_time'  -- no fixed day: never overdue
            WHEN coalesce(d.first_received_at, s.received_at) < d.original_due_at THEN 'on_time'
            WHEN coalesce(d.first_received_at, s.received_at) < d.due_at THEN 'extended_on_time'
            ELSE 'late' END,
       cycle.days_late(coalesce(d.first_received_at, s.received_at), d.due_at),
       (SELECT count(*) FROM intake.submission x WHERE x.recipient_id = r.recipient_id AND x.outcome <> 'duplicate'),
       (SELECT count(*) FROM intake.submission x WHERE x.recipient_id = r.recipient_id AND x.outcome = 'to_complete'),
       (SELECT count(DISTINCT m.step) FROM cycle.message m
        WHERE m.recipient_id = r.recipient_id AND m.step LIKE 'reminder%' AND m.state IN ('sent', 'ambiguous')),
       coalesce(s.channel = 'ministry_entry', false)
FROM cycle.recipient r
JOIN cycle.obligation_status d ON d.recipient_id = r.recipient_id AND d.deliverable = 'data_form'
LEFT JOIN cycle.obligation_status g ON g.recipient_id = r.recipient_id AND g.deliverable = 'signed_report'
LEFT JOIN core.current_submission s ON s.recipient_id = r.recipient_id
CROSS JOIN (SELECT CAST(:now AS timestamptz) AS now_at) n
WHERE r.cycle_id = :cycle_id AND r.role = 'owes';
