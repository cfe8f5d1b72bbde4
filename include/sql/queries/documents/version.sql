-- One draft of a document and what was decided about it.
SELECT v.version, v.content_hash, v.body_markdown, x.decision
FROM cycle.document_version v
LEFT JOIN cycle.document_decision x USING (document_id, version)
WHERE v.document_id = :document_id AND v.version = :version
