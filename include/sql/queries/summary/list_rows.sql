-- Which rows did each office write into open tables, in the version of its answer that counts?
SELECT r.organization_id, l.list, l.position, l.content, l.sheet, l.first_cell, s.filename
FROM core.list_row l
JOIN core.current_submission c USING (submission_id)
JOIN intake.submission s ON s.submission_id = coalesce(l.carried_from, l.submission_id)
JOIN cycle.recipient r ON r.recipient_id = l.recipient_id
WHERE l.cycle_id = :cycle_id AND r.role = 'owes'
ORDER BY r.position, l.list, l.position
