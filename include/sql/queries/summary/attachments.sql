-- Which files came beside the workbooks: signed reports registered by the records desk with their scans, and attachments?
SELECT r.organization_id, r.position, d.received_on::timestamp AS at, 'registered' AS role, d.filename,
       d.document_number, d.signed_on, d.signer, d.file_sha256
FROM intake.incoming_document d
JOIN cycle.recipient r USING (recipient_id)
WHERE d.cycle_id = :cycle_id
UNION ALL
SELECT r.organization_id, r.position, v.received_at AT TIME ZONE 'Asia/Ho_Chi_Minh', t.role, t.filename,
       NULL, NULL, NULL, t.file_sha256
FROM intake.attachment t
JOIN intake.arrival v USING (arrival_id)
JOIN cycle.recipient r ON r.recipient_id = t.recipient_id
WHERE t.cycle_id = :cycle_id AND t.role <> 'workbook'
ORDER BY position, at, filename
