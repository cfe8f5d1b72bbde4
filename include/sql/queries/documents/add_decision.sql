-- Record a decision; the first one stands.
INSERT INTO cycle.document_decision (document_id, version, decision, reason, content_hash, decided_by, decided_at)
VALUES (:document_id, :version, :decision, :reason, :content_hash, :decided_by, :decided_at)
ON CONFLICT (document_id, version) DO NOTHING
