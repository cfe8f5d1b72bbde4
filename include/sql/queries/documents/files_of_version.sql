-- Which files were kept with this draft, its snapshot among them?
SELECT role, filename, sha256
FROM cycle.document_file
WHERE document_id = :document_id AND version = :version
ORDER BY filename
