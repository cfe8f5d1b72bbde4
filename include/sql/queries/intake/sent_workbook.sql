-- With which attachments was a recipient asked?
SELECT m.attachments
FROM cycle.message m
JOIN cycle.recipient r USING (recipient_id)
WHERE r.cycle_id = :cycle_id AND r.reference_code = :reference_code AND m.step = 'request'
ORDER BY m.message_id
LIMIT 1
