-- What stands in the register under this number?
SELECT incoming_document_id, recipient_id, document_number, signed_on, sent_on, received_on, signer, capacity,
       filename, file_sha256
FROM intake.incoming_document
WHERE cycle_id = :cycle_id AND registered_number = :registered_number
