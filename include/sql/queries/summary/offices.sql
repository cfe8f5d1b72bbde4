-- How did each office that owes a report answer, in the order of the list; and what was found in the version that counts?
SELECT r.organization_id, r.position, r.name, r.short_name, o.kind,
       coalesce(s.data_form_state, 'none') AS data_form_state, s.signed_report_state, s.first_received_at, s.accepted_at,
       s.timeliness, s.days_late, s.submission_count, s.completion_request_count, s.reminder_count,
       s.is_entered_by_ministry, s.group_code, s.region, s.is_first_pass, coalesce(f.warning_count, 0) AS warning_count,
       coalesce(f.explained_count, 0) AS explained_count
FROM mart.recipient_status s
JOIN cycle.recipient r USING (recipient_id)
JOIN registry.organization o ON o.organization_id = r.organization_id
LEFT JOIN (
    SELECT c.recipient_id, count(*) AS warning_count,
           count(*) FILTER (WHERE i.explanation IS NOT NULL OR i.rule_waiver_id IS NOT NULL) AS explained_count
    FROM core.current_submission c
    JOIN intake.finding i USING (submission_id)
    WHERE c.cycle_id = :cycle_id AND i.severity = 'warning'
    GROUP BY c.recipient_id
) f ON f.recipient_id = s.recipient_id
WHERE s.cycle_id = :cycle_id AND r.role = 'owes'
ORDER BY r.position
