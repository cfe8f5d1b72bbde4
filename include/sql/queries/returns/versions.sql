-- Which versions did this office send, which of them counts, and what differs from the version before?
SELECT s.submission_id, s.version, s.outcome, s.kind, s.sender, s.filename, s.received_at, s.difference,
       w.submission_id IS NOT NULL AS is_withdrawn, c.submission_id IS NOT NULL AS is_current
FROM intake.submission s
JOIN cycle.recipient r USING (recipient_id)
LEFT JOIN intake.submission_withdrawal w USING (submission_id)
LEFT JOIN core.current_submission c
    ON c.cycle_id = s.cycle_id AND c.recipient_id = s.recipient_id AND c.submission_id = s.submission_id
WHERE s.cycle_id = :cycle_id AND r.reference_code = :reference_code
ORDER BY s.version
