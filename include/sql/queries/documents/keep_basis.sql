-- Note what counts now that a draft of a report is made, or compared with the data and found to stand.
WITH former AS (
    DELETE FROM cycle.document_basis WHERE document_id = :document_id AND version = :version
)
INSERT INTO cycle.document_basis (document_id, version, kind, recipient_id, key, mark)
SELECT d.document_id, :version, b.kind, b.recipient_id, b.key, b.mark
FROM cycle.document d
JOIN core.report_basis b USING (cycle_id)
WHERE d.document_id = :document_id AND split_part(d.kind, '__', 1) IN ('summary_report', 'supplement_report')
