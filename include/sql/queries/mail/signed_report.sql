-- Which signed report of this recipient was registered last?
SELECT document_number, signed_on
FROM intake.incoming_document
WHERE recipient_id = :recipient_id
ORDER BY received_on DESC, incoming_document_id DESC
LIMIT 1
