-- Which files belong to this draft?
SELECT role, filename, sha256
FROM cycle.document_file
WHERE document_id = :document_id AND version = :version AND role <> 'snapshot'
ORDER BY filename
