-- What stands in the register under this number?
SELECT incoming_document_id, recipient_id, document_number, signed_on, sent_on, received_on, signer, capacity, issuer,
       issuer_id, authorisation, filename, file_sha256, arrival_id, attachment_position
FROM intake.incoming_document
WHERE cycle_id = :cycle_id AND registered_number = :registered_number
