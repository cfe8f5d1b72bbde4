-- What does a letter of this cycle need to know of the cycle, and in which year is its report due?
SELECT c.cycle_id, c.title, c.subject, c.mode, c.period, c.regime_content, f.content AS form_content,
       c.period_from, c.period_to, c.cutoff_on, c.request_on, c.deadline_phrase, c.due_at, c.is_reconstruction, c.officer,
       coalesce(m.due_at, c.due_at, c.request_on::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh') AS report_due_at
FROM cycle.cycle c
LEFT JOIN cycle.form_version f ON f.form_code = c.form_code AND f.version = c.form_version
LEFT JOIN cycle.milestone m ON m.cycle_id = c.cycle_id AND m.step = 'report'
WHERE c.cycle_id = :cycle_id
