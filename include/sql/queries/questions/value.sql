-- Which mark of an office counts for an indicator and a year, and where does it stand?
SELECT f.is_marked, f.document_number, f.document_on, f.note, f.sheet, f.cell
FROM core.current_submission s
JOIN core.fact f USING (submission_id)
WHERE s.recipient_id = :recipient_id AND f.indicator = :indicator AND f.year = :year
