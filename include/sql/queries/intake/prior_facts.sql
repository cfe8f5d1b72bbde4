-- What did each office of a cycle last report, accepted, in an earlier cycle of the same regime and form?
SELECT n.reference_code, f.indicator, f.year, f.state, f.value, f.document_number
FROM core.prior_submission l
JOIN cycle.recipient n USING (recipient_id)
JOIN core.fact f ON f.submission_id = l.prior_submission_id
WHERE l.cycle_id = :cycle_id
ORDER BY n.reference_code, f.indicator, f.year
