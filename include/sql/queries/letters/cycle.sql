-- What does a letter of this cycle need to know of the cycle, and in which year is its report due?
SELECT c.cycle_id, c.title, c.subject, c.mode, c.period, c.regime_content, c.form_code, c.form_version,
       c.period_from, c.period_to, c.cutoff_on, c.request_on, c.deadline_phrase, c.due_at, c.is_reconstruction,
       coalesce(m.due_at, c.due_at) AS report_due_at
FROM cycle.cycle c
LEFT JOIN cycle.milestone m ON m.cycle_id = c.cycle_id AND m.step = 'report'
WHERE c.cycle_id = :cycle_id
