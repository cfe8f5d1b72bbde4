-- The draft was compared with the data of this moment and stands.
UPDATE cycle.document_version SET drafted_at = :drafted_at
WHERE document_id = :document_id AND version = :version
