-- Which signed reports did the records desk register?
SELECT r.organization_id, d.registered_number, d.document_number, d.signed_on, d.sent_on, d.received_on, d.signer,
       d.capacity
FROM intake.incoming_document d
JOIN cycle.recipient r ON r.recipient_id = d.recipient_id
WHERE d.cycle_id = :cycle_id
ORDER BY r.position, d.incoming_document_id
