-- The draft was compared with the data of this moment and stands.
UPDATE cycle.document_version v
SET drafted_at = :drafted_at, source_fingerprint = core.fingerprint_of(d.cycle_id, d.kind)
FROM cycle.document d
WHERE v.document_id = :document_id AND v.version = :version AND d.document_id = v.document_id
