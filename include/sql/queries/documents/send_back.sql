-- Send a draft back that was approved, by all or so far, is not registered and was not given out: the decision on record of
-- the last who approved is that it is to be written anew. (the approval stays in the events)
UPDATE cycle.document_decision x
SET decision = 'sent_back', reason = :reason, decided_by = :decided_by, decided_by_id = NULL, decided_at = :decided_at
WHERE x.document_id = :document_id AND x.version = :version
  AND x.step = (SELECT s.step
                FROM cycle.approval_step s
                JOIN cycle.document_decision y ON y.document_id = s.document_id AND y.version = :version AND y.step = s.step
                WHERE s.document_id = :document_id
                ORDER BY s.position DESC LIMIT 1)
  AND x.decision = 'approved'
  AND NOT EXISTS (SELECT FROM cycle.document_registration r WHERE r.document_id = x.document_id)
  AND NOT EXISTS (SELECT FROM cycle.publication p WHERE p.document_id = x.document_id)
RETURNING x.step
