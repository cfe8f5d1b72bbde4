-- Add what was not known when a reply was recorded.
UPDATE cycle.government_reply
SET registered_number = coalesce(registered_number, :registered_number),
    received_on = coalesce(received_on, :received_on),
    filename = coalesce(filename, :filename),
    file_sha256 = coalesce(file_sha256, :file_sha256)
WHERE number = :number
