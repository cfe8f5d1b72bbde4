-- How did each recipient answer: when, on time or late, after how many reminders and completions?
-- Timeliness looks at the data form; where that is optional, at what must be given (missing before late); it is kept apart from completeness.
SELECT p.cycle_id, p.recipient_id, p.organization_id, p.position, p.short_name, p.group_code, p.region_scheme, p.region,
       o.data_form_state, o.signed_report_state, m.deliverable AS main_deliverable, m.state AS main_state,
       m.first_received_at,
       CASE m.kind WHEN 'data_form' THEN s.checked_at ELSE m.completed_at END AS accepted_at,
       CASE WHEN m.timeliness = 'nil' OR m.timeliness = 'confidential' AND m.first_received_at IS NOT NULL THEN
                CASE WHEN NOT cycle.is_late(m.first_received_at, m.original_due_at) THEN 'on_time'
                     WHEN NOT cycle.is_late(m.first_received_at, m.due_at) THEN 'extended_on_time'
                     ELSE 'late' END
            ELSE m.timeliness END AS timeliness,
       m.days_late,
       coalesce(v.submission_count, 0) AS submission_count,
       coalesce(v.completion_request_count, 0) AS completion_request_count,
       coalesce(n.reminder_count, 0) AS reminder_count,
       coalesce(s.channel = 'ministry_entry', false) AS is_entered_by_ministry,
       v.is_first_pass, coalesce(v.error_count, 0) AS error_count, coalesce(v.warning_count, 0) AS warning_count
FROM mart.recipient p
JOIN (
    SELECT DISTINCT ON (a.recipient_id) a.*
    FROM mart.obligation a
    JOIN cycle.deliverable d ON d.cycle_id = a.cycle_id AND d.deliverable = a.deliverable
    ORDER BY a.recipient_id, a.kind = 'data_form' AND NOT d.is_opt_in DESC, a.kind = 'task', d.is_opt_in,
             CASE a.timeliness WHEN 'missing' THEN 0 WHEN 'late' THEN 1 ELSE 2 END, d.position, a.deliverable
) m ON m.recipient_id = p.recipient_id
JOIN (
    SELECT b.recipient_id,
           max(b.state) FILTER (WHERE b.deliverable = 'data_form') AS data_form_state,
           max(b.state) FILTER (WHERE b.deliverable = 'signed_report') AS signed_report_state
    FROM mart.obligation b
    GROUP BY b.recipient_id
) o ON o.recipient_id = p.recipient_id
LEFT JOIN intake.submission s ON s.submission_id = p.submission_id
LEFT JOIN (
    SELECT q.recipient_id,
           count(*) FILTER (WHERE q.outcome <> 'duplicate') AS submission_count,
           count(*) FILTER (WHERE q.outcome = 'to_complete') AS completion_request_count,
           bool_or(q.is_first_pass) FILTER (WHERE q.is_first) AS is_first_pass,
           sum(q.error_count) AS error_count, sum(q.warning_count) AS warning_count
    FROM mart.submission_quality q
    GROUP BY q.recipient_id
) v ON v.recipient_id = p.recipient_id
LEFT JOIN (
    SELECT y.recipient_id, count(DISTINCT y.step) AS reminder_count
    FROM cycle.message y
    WHERE y.step LIKE 'reminder%' AND y.state IN ('sent', 'ambiguous')
    GROUP BY y.recipient_id
) n ON n.recipient_id = p.recipient_id
