-- Which messages of a cycle's steps were sent, by step and recipient?
SELECT m.message_id_header, m.step, m.recipient_id, m.contact_id, m.state
FROM cycle.message m
WHERE m.cycle_id = :cycle_id
ORDER BY m.message_id
