-- Send an approved draft back that is not registered and was not given out: the decision on record is that it is to be
-- written anew. (the approval stays in the events)
UPDATE cycle.document_decision x
SET decision = 'sent_back', reason = :reason, decided_by = :decided_by, decided_at = :decided_at
WHERE x.document_id = :document_id AND x.version = :version AND x.decision = 'approved'
  AND NOT EXISTS (SELECT FROM cycle.document_registration r WHERE r.document_id = x.document_id)
  AND NOT EXISTS (SELECT FROM cycle.publication p WHERE p.document_id = x.document_id)
