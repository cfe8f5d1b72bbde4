-- Every recipient with how it answered.
SELECT m.cycle_id, m.recipient_id, m.organization_id, m.position, m.short_name, m.group_code, m.region_scheme, m.region,
       o.data_form_state, o.signed_report_state, m.deliverable AS main_deliverable, m.state AS main_state,
       m.first_received_at, CASE m.kind WHEN 'data_form' THEN u.accepted_at ELSE m.completed_at END AS accepted_at,
       CASE WHEN m.timeliness = 'nil' OR m.timeliness = 'confidential' AND m.first_received_at IS NOT NULL THEN
                CASE WHEN m.original_due_at IS NULL OR m.first_received_at < m.original_due_at THEN 'on_time'
                     WHEN m.first_received_at < m.due_at THEN 'extended_on_time'
                     ELSE 'late' END
            ELSE m.timeliness END AS timeliness,
       m.days_late, coalesce(v.versions, 0)::integer AS submission_count,
       coalesce(v.to_complete, 0)::integer AS completion_request_count, coalesce(n.steps, 0)::integer AS reminder_count,
       coalesce(u.channel = 'ministry_entry', false) AS is_entered_by_ministry, v.is_first_pass,
       coalesce(v.errors, 0)::integer AS error_count, coalesce(v.warnings, 0)::integer AS warning_count
FROM (
    SELECT a.*, row_number() OVER (PARTITION BY a.recipient_id
                                   ORDER BY a.kind = 'data_form' AND NOT d.is_opt_in DESC, a.kind = 'task', d.is_opt_in,
                                            CASE a.timeliness WHEN 'missing' THEN 0 WHEN 'late' THEN 1 ELSE 2 END, d.position,
                                            a.deliverable) AS place
    FROM mart.obligation a
    JOIN cycle.deliverable d USING (cycle_id, deliverable)
) m
JOIN (
    SELECT recipient_id, max(CASE deliverable WHEN 'data_form' THEN state END) AS data_form_state,
           max(CASE deliverable WHEN 'signed_report' THEN state END) AS signed_report_state
    FROM mart.obligation
    GROUP BY recipient_id
) o USING (recipient_id)
LEFT JOIN core.current_submission u ON u.recipient_id = m.recipient_id
LEFT JOIN (
    SELECT recipient_id, count(*) FILTER (WHERE outcome <> 'duplicate') AS versions,
           count(*) FILTER (WHERE outcome = 'to_complete') AS to_complete,
           bool_or(is_first_pass) FILTER (WHERE is_first) AS is_first_pass, sum(error_count) AS errors,
           sum(warning_count) AS warnings
    FROM mart.submission_quality
    GROUP BY recipient_id
) v ON v.recipient_id = m.recipient_id
LEFT JOIN (
    SELECT recipient_id, count(DISTINCT step) AS steps
    FROM cycle.message
    WHERE step LIKE 'reminder%' AND state IN ('sent', 'ambiguous')
    GROUP BY recipient_id
) n ON n.recipient_id = m.recipient_id
WHERE m.place = 1
