-- Which number comes next among the documents registered by this clock?
SELECT count(*) + 1
FROM cycle.document_registration r
JOIN cycle.document d USING (document_id)
JOIN cycle.cycle c USING (cycle_id)
WHERE c.clock_id = :clock_id
