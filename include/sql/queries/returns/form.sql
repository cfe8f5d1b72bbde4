-- With which form does a cycle (or the cycle of a submission) ask? No row for a cycle without one.
SELECT c.cycle_id, v.content::text AS form
FROM cycle.cycle c
JOIN cycle.form_version v ON v.form_code = c.form_code AND v.version = c.form_version
WHERE c.cycle_id = coalesce(:cycle_id, (SELECT s.cycle_id FROM intake.submission s WHERE s.submission_id = :submission_id))
