-- How did each office that owes a report answer, in the order of the list?
SELECT s.recipient_id, r.organization_id, r.position, r.name, r.short_name, o.kind,
       s.data_form_state, s.signed_report_state, s.first_received_at, s.accepted_at, s.timeliness, s.days_late,
       s.submission_count, s.completion_request_count, s.reminder_count, s.is_entered_by_ministry
FROM mart.recipient_status s
JOIN cycle.recipient r USING (recipient_id)
JOIN registry.organization o USING (organization_id)
WHERE s.cycle_id = :cycle_id AND r.role = 'owes'
ORDER BY r.position
