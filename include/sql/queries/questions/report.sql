-- Which signed document did the office of this recipient give in the cycle that is asked about? The latest.
SELECT d.document_number, d.signed_on
FROM cycle.recipient r
JOIN cycle.cycle c USING (cycle_id)
JOIN cycle.recipient p ON p.cycle_id = c.parent_cycle_id AND p.organization_id = r.organization_id
JOIN intake.incoming_document d ON d.recipient_id = p.recipient_id
WHERE r.recipient_id = :recipient_id
ORDER BY d.received_on DESC, d.incoming_document_id DESC
LIMIT 1
