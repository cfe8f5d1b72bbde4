-- Which report of the cycle is being prepared: the newest edition without a number, else the newest? No row before the first.
SELECT d.kind
FROM cycle.document d
LEFT JOIN cycle.document_registration r USING (document_id)
WHERE d.cycle_id = :cycle_id AND split_part(d.kind, '__', 1) = 'summary_report'
ORDER BY r.document_id IS NULL DESC, d.document_id DESC
LIMIT 1
