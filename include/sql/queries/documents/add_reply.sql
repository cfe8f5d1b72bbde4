-- Put a reply on record, once per number.
INSERT INTO cycle.government_reply
    (number, signed_on, issuer, opinion_of, signer, capacity, subject, opinion, answers_number, answers_on, document_id,
     registered_number, received_on, filename, file_sha256, entered_by)
VALUES
    (:number, :signed_on, :issuer, :opinion_of, :signer, :capacity, :subject, :opinion, :answers_number, :answers_on,
     :document_id, :registered_number, :received_on, :filename, :file_sha256, :entered_by)
ON CONFLICT (number) DO NOTHING
RETURNING reply_id
