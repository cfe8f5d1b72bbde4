-- What do the mails of this cycle say about it: its letter (once registered; the one that replaced it, if any), its deadline, its close, its newest published report?
SELECT c.cycle_id, c.period, c.title, c.subject, c.mode, c.request_on, c.asked_by, c.kind, c.parent_cycle_id, c.deadline_phrase, c.due_at, c.regime_content,
       c.period_from, c.period_to, f.content AS form_content,
       r.number AS letter_number, r.registered_on AS letter_on, r.signed_file_name, r.signed_file_sha256,
       p.number AS report_number, p.registered_on AS report_on,
       s.due_at AS close_at, coalesce(s.done_at IS NOT NULL, false) AS is_closed
FROM cycle.cycle c
LEFT JOIN cycle.form_version f ON f.form_code = c.form_code AND f.version = c.form_version
LEFT JOIN cycle.request_citation r ON r.cycle_id = c.cycle_id
LEFT JOIN cycle.published_report p ON p.cycle_id = c.cycle_id AND p.is_newest
LEFT JOIN cycle.milestone s ON s.cycle_id = c.cycle_id AND s.step = 'close'
WHERE c.cycle_id = :cycle_id
