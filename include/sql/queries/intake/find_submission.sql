-- Which version of a recipient's answer is this very file?
SELECT submission_id, version, outcome
FROM intake.submission
WHERE recipient_id = :recipient_id AND file_sha256 = :file_sha256
