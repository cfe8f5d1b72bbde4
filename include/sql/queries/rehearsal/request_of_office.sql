-- Which mail with a workbook did this office get, as a person there finds it?
SELECT m.to_address, m.subject, m.message_id_header, m.dated_at, m.attachments
FROM cycle.message m
JOIN cycle.recipient r USING (recipient_id)
WHERE r.cycle_id = :cycle_id AND r.reference_code = :reference_code AND m.step = 'request'
  AND m.state IN ('sent', 'ambiguous')
ORDER BY m.message_id DESC
LIMIT 1
