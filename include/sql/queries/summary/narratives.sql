-- What did each office write, in the version of its answer that counts?
SELECT r.organization_id, n.section, n.body, n.sheet, n.cell, s.filename
FROM core.narrative n
JOIN core.current_submission c USING (submission_id)
JOIN intake.submission s ON s.submission_id = coalesce(n.carried_from, n.submission_id)
JOIN cycle.recipient r ON r.recipient_id = n.recipient_id
WHERE n.cycle_id = :cycle_id AND r.role = 'owes'
ORDER BY r.position, n.section
