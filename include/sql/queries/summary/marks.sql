-- What is known of each office, indicator and year, with its evidence and the file and cell it was read from?
SELECT t.organization_id, t.indicator, t.year, t.state, t.is_marked, t.document_number, t.document_on,
       f.note, t.sheet, t.cell, s.filename, f.explanation
FROM mart.tracking t
LEFT JOIN core.fact f ON f.submission_id = t.submission_id AND f.indicator = t.indicator AND f.year = t.year
LEFT JOIN intake.submission s ON s.submission_id = coalesce(f.carried_from, t.submission_id)
WHERE t.cycle_id = :cycle_id
ORDER BY t.position, t.organization_id, t.indicator, t.year
