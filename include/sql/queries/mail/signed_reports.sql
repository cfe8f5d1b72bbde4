-- Which signed report of each of these recipients was registered last?
SELECT DISTINCT ON (recipient_id) recipient_id, document_number, signed_on
FROM intake.incoming_document
WHERE recipient_id = ANY(CAST(:recipient_ids AS bigint[]))
ORDER BY recipient_id, received_on DESC, incoming_document_id DESC
