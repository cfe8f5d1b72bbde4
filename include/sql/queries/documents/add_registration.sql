-- Record number, date and signed file, and what the check of its text found; the first ones stand.
INSERT INTO cycle.document_registration
    (document_id, version, number, registered_on, signer, signed_file_name, signed_file_sha256, text_check,
     text_difference, difference_accepted_because, entered_by, entered_at)
VALUES
    (:document_id, :version, :number, :registered_on, :signer, :signed_file_name, :signed_file_sha256, :text_check,
     :text_difference, :difference_accepted_because, :entered_by, :entered_at)
ON CONFLICT (document_id) DO NOTHING
