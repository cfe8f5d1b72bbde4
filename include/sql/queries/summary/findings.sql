-- What was found in the version that counts of each office, and in its newest one: with the explanation (and the mail in
-- which it came) and the waiver.
SELECT r.organization_id, s.version, f.severity, f.sheet, f.cell, f.message, f.value_seen, f.explanation,
       a.received_at AS explained_at, w.allowed_by, w.valid_to AS allowed_until, w.reason AS allowed_because
FROM intake.submission s
JOIN cycle.recipient r USING (recipient_id)
JOIN intake.finding f USING (submission_id)
LEFT JOIN core.current_submission c ON c.submission_id = s.submission_id
LEFT JOIN intake.arrival a ON a.arrival_id = f.explanation_arrival_id
LEFT JOIN intake.rule_waiver w USING (rule_waiver_id)
WHERE s.cycle_id = :cycle_id
  AND (c.submission_id IS NOT NULL
       OR NOT EXISTS (SELECT FROM intake.submission l WHERE l.recipient_id = s.recipient_id AND l.version > s.version))
ORDER BY r.position, s.version, f.position
