-- Which edition, or which supplement (family), of this cycle was given up and not started again? The first of them.
SELECT d.kind
FROM cycle.document d
JOIN cycle.abandonment a USING (document_id)
WHERE d.cycle_id = :cycle_id AND starts_with(d.kind, :family || '__') AND a.undone_at IS NULL
ORDER BY d.document_id
LIMIT 1
