-- Add what was not known when a reply was recorded; also the report that it answers, where that was registered here since.
UPDATE cycle.government_reply
SET registered_number = coalesce(registered_number, :registered_number),
    received_on = coalesce(received_on, :received_on),
    filename = coalesce(filename, :filename),
    file_sha256 = coalesce(file_sha256, :file_sha256),
    document_id = coalesce(document_id, :document_id)
WHERE number = :number
