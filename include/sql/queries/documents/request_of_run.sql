-- What does this run of document_approval ask about?
SELECT q.run_id, d.cycle_id, d.kind, q.version, q.attempt, q.step, q.problem
FROM cycle.approval_request q
JOIN cycle.document d USING (document_id)
WHERE q.run_id = :run_id
