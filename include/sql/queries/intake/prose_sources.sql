-- Which files did this office send as its report: those in the register first (its own before its department's), then
-- what came with its deliveries; each file once, newest first?
SELECT *
FROM (
    SELECT DISTINCT ON (file_sha256) *
    FROM (
        SELECT d.incoming_document_id, d.filename, d.file_sha256, d.prose, d.registered_number, d.document_number, d.signed_on,
               d.issuer, d.arrival_id, d.attachment_position AS position, d.entered_at AS received_at,
               CASE d.issuer WHEN 'recipient' THEN 1 ELSE 2 END AS place
        FROM intake.incoming_document d
        JOIN cycle.recipient r USING (recipient_id)
        WHERE r.cycle_id = :cycle_id AND r.reference_code = :reference_code AND d.file_sha256 IS NOT NULL
        UNION ALL
        SELECT NULL, t.filename, t.file_sha256, t.prose, NULL, NULL, NULL, NULL, t.arrival_id, t.position, a.received_at, 3
        FROM intake.attachment t
        JOIN intake.arrival a USING (arrival_id)
        JOIN cycle.recipient r ON r.recipient_id = t.recipient_id
        WHERE r.cycle_id = :cycle_id AND r.reference_code = :reference_code AND t.role = 'document'
    ) each
    ORDER BY file_sha256, place, received_at DESC
) found
ORDER BY place, received_at DESC, file_sha256
