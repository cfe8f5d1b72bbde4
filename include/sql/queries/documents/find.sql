-- Where does the document of this kind in this cycle stand? (newest draft, decision about it, registration, publication)
SELECT d.document_id, d.cycle_id, d.kind, d.title,
       coalesce(v.version, 0) AS version,
       coalesce(v.content_hash, '') AS content_hash,
       coalesce(v.data_hash, '') AS data_hash,
       coalesce(v.body_markdown, '') AS body_markdown,
       x.decision, x.reason, x.decided_by, x.decided_at, x.open_step, x.last_step,
       r.number, r.registered_on,
       p.document_id IS NOT NULL AS is_published,
       d.is_numbered, d.about_document_id, d.content
FROM cycle.document d
LEFT JOIN LATERAL (
    SELECT * FROM cycle.document_version v
    WHERE v.document_id = d.document_id
    ORDER BY v.version DESC LIMIT 1
) v ON true
LEFT JOIN LATERAL cycle.approval_of(d.document_id, v.version) x ON true
LEFT JOIN cycle.document_registration r ON r.document_id = d.document_id
LEFT JOIN cycle.publication p ON p.document_id = d.document_id
WHERE d.cycle_id = :cycle_id AND d.kind = :kind
