-- Under which name was the signed file of a document handed in, and which draft was signed?
SELECT version, signed_file_name, signed_file_sha256
FROM cycle.document_registration
WHERE document_id = :document_id
