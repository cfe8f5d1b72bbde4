-- What was decided about a draft, step by step, and which steps are still to come?
SELECT s.position, s.step, s.label, s.title, s.distinct_people, x.decision, x.reason, x.decided_by, x.decided_by_id,
       x.decided_at
FROM cycle.approval_step s
LEFT JOIN cycle.document_decision x
    ON x.document_id = s.document_id AND x.version = :version AND x.step = s.step
WHERE s.document_id = :document_id
ORDER BY s.position
