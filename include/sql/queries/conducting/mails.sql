-- Which mails does the ledger have for this cycle, to whom, of which day?
SELECT m.message_id, m.dated_at, m.step, r.position, r.reference_code, r.name, r.short_name, r.role, k.display_name AS contact,
       m.to_address, m.subject, m.body_text, m.attachments, m.state
FROM cycle.message m
JOIN cycle.recipient r USING (recipient_id)
JOIN registry.contact k USING (contact_id)
WHERE m.cycle_id = :cycle_id
ORDER BY m.dated_at, m.message_id
