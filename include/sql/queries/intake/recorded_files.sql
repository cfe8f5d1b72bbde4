-- Whose answers are these files in the cycle already, and of which of them by this delivery?
SELECT s.file_sha256, r.reference_code, s.arrival_id = :arrival_id AS is_of_delivery
FROM intake.submission s
JOIN cycle.recipient r USING (recipient_id)
WHERE s.cycle_id = :cycle_id AND s.file_sha256 = ANY(CAST(:file_sha256s AS text[]))
