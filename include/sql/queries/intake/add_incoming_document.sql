-- Enter a signed document in the register; no row when the number is taken.
INSERT INTO intake.incoming_document (cycle_id, recipient_id, registered_number, document_number, signed_on, sent_on,
                                      received_on, signer, capacity, issuer, issuer_id, authorisation, filename,
                                      file_sha256, arrival_id, attachment_position, entered_by, entered_at)
VALUES (:cycle_id, :recipient_id, :registered_number, :document_number, :signed_on, :sent_on,
        :received_on, :signer, :capacity, :issuer, :issuer_id, :authorisation, :filename,
        :file_sha256, :arrival_id, :attachment_position, :entered_by, :entered_at)
ON CONFLICT (cycle_id, registered_number) DO NOTHING
RETURNING incoming_document_id
