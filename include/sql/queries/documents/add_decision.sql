-- Record a decision about a draft at a step of its approval; the first one stands.
INSERT INTO cycle.document_decision
    (document_id, version, step, decision, reason, content_hash, decided_by, decided_by_id, decided_at)
VALUES (:document_id, :version, :step, :decision, :reason, :content_hash, :decided_by, :decided_by_id, :decided_at)
ON CONFLICT (document_id, version, step) DO NOTHING
