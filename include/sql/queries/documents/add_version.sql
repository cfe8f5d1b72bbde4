-- Keep a draft, with the set of submissions that counted when it was made.
INSERT INTO cycle.document_version
    (document_id, version, content_hash, data_hash, body_markdown, source_fingerprint, drafted_at)
SELECT d.document_id, :version, :content_hash, :data_hash, :body_markdown, coalesce(f.fingerprint, ''), :drafted_at
FROM cycle.document d
LEFT JOIN core.source_fingerprint f USING (cycle_id)
WHERE d.document_id = :document_id
