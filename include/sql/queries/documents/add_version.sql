-- Keep a draft, with a mark of what it rests on.
INSERT INTO cycle.document_version
    (document_id, version, content_hash, data_hash, body_markdown, source_fingerprint, drafted_at)
SELECT d.document_id, :version, :content_hash, :data_hash, :body_markdown, core.fingerprint_of(d.cycle_id, d.kind), :drafted_at
FROM cycle.document d
WHERE d.document_id = :document_id
