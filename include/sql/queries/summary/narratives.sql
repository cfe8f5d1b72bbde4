-- What did each office write, in the version of its answer that counts, and may the report use its words?
SELECT r.organization_id, n.section, n.body, n.sheet, n.cell, s.filename, k.is_citable
FROM core.narrative n
JOIN core.contribution k USING (submission_id)
JOIN intake.submission s ON s.submission_id = coalesce(n.carried_from, n.submission_id)
JOIN cycle.recipient r ON r.recipient_id = n.recipient_id
WHERE n.cycle_id = :cycle_id AND r.role = 'owes'
ORDER BY r.position, n.section
