-- Note what counts now that a draft is made that is bound to data, or compared with the data and found to stand.
WITH former AS (
    DELETE FROM cycle.document_basis WHERE document_id = :document_id AND version = :version
)
INSERT INTO cycle.document_basis (document_id, version, kind, recipient_id, key, mark)
SELECT d.document_id, :version, b.kind, b.recipient_id, b.key, b.mark
FROM cycle.document d
CROSS JOIN LATERAL core.basis_of(d.cycle_id, d.kind) b
WHERE d.document_id = :document_id
