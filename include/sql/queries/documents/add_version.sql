-- Keep a draft.
INSERT INTO cycle.document_version (document_id, version, content_hash, data_hash, body_markdown, drafted_at)
VALUES (:document_id, :version, :content_hash, :data_hash, :body_markdown, :drafted_at)
