-- What does this message say, to whom, and under which rules (mode) may it leave?
SELECT m.message_id, m.cycle_id, m.to_address, k.display_name, m.subject, m.body_text, m.body_html, m.attachments,
       m.message_id_header, m.in_reply_to, m.dated_at,
       c.mode, c.regime_content #>> '{unit,name}' AS unit_name
FROM cycle.message m
JOIN cycle.cycle c USING (cycle_id)
JOIN registry.contact k USING (contact_id)
WHERE m.message_id = :message_id
