-- Which drafts of its reports (editions and supplements) does a cycle have, which was signed, and on how much did each rest?
SELECT d.document_id, d.kind, v.version, d.title, v.drafted_at, x.decision,
       r.number, r.registered_on, p.published_at,
       (SELECT count(*) FROM cycle.document_source s
        WHERE s.document_id = v.document_id AND s.version = v.version) AS source_count,
       (SELECT f.sha256 FROM cycle.document_file f
        WHERE f.document_id = v.document_id AND f.version = v.version AND f.role = 'snapshot') AS snapshot_sha256
FROM cycle.document d
JOIN cycle.document_version v USING (document_id)
CROSS JOIN LATERAL cycle.approval_of(v.document_id, v.version) x
LEFT JOIN cycle.document_registration r ON r.document_id = v.document_id AND r.version = v.version
LEFT JOIN cycle.publication p ON p.document_id = v.document_id AND p.version = v.version
WHERE d.cycle_id = :cycle_id AND split_part(d.kind, '__', 1) IN ('summary_report', 'supplement_report')
ORDER BY d.document_id, v.version
