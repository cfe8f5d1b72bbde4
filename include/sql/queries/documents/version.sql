-- One draft of a document and what was decided about it.
SELECT v.version, v.content_hash, v.body_markdown, x.decision
FROM cycle.document_version v
CROSS JOIN LATERAL cycle.approval_of(v.document_id, v.version) x
WHERE v.document_id = :document_id AND v.version = :version
