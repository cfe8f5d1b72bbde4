-- Which documents of a cycle have a number?
SELECT d.kind, d.title, g.number
FROM cycle.document d
JOIN cycle.document_registration g USING (document_id)
WHERE d.cycle_id = :cycle_id
ORDER BY d.document_id
