-- Which numbers did each office give, in the version of its answer that counts, with which remark and explanation, and where were
-- they read from?
SELECT r.organization_id, f.indicator, f.year, f.state, f.value, f.sheet, f.cell, s.filename, f.note, f.explanation
FROM core.fact f
JOIN core.current_submission c USING (submission_id)
JOIN intake.submission s ON s.submission_id = coalesce(f.carried_from, f.submission_id)
JOIN cycle.recipient r ON r.recipient_id = f.recipient_id
WHERE f.cycle_id = :cycle_id AND f.kind = 'quantity' AND r.role = 'owes'
ORDER BY r.position, f.indicator, f.year
