-- Which run last asked about this draft?
SELECT q.run_id, d.cycle_id, d.kind, q.version, q.attempt, q.step, q.problem
FROM cycle.approval_request q
JOIN cycle.document d USING (document_id)
WHERE q.document_id = :document_id AND q.version = :version
ORDER BY q.attempt DESC
LIMIT 1
