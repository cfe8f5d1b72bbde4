-- Which files belong to the registered version of each document?
SELECT d.kind, f.role, f.filename, f.sha256, v.content_hash, r.number
FROM cycle.document d
JOIN cycle.document_registration r USING (document_id)
JOIN cycle.document_version v ON v.document_id = d.document_id AND v.version = r.version
JOIN cycle.document_file f ON f.document_id = d.document_id AND f.version = r.version
WHERE d.cycle_id = :cycle_id AND f.role <> 'snapshot'
ORDER BY d.kind, f.filename
