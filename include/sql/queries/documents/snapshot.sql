-- Which stored snapshot was this draft rendered from? (no row for documents that have none)
SELECT sha256
FROM cycle.document_file
WHERE document_id = :document_id AND version = :version AND role = 'snapshot'
