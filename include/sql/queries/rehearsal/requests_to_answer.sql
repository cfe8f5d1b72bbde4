-- Which workbooks did these offices get with the request, at which address, under which look-up code? (and which list the
-- office is of)
SELECT DISTINCT ON (r.recipient_id) r.reference_code, r.organization_id, r.group_code, r.short_name, r.name, m.to_address, m.subject, m.attachments
FROM cycle.message m
JOIN cycle.recipient r USING (recipient_id)
WHERE r.cycle_id = :cycle_id AND r.reference_code = ANY(:reference_codes) AND m.step = 'request'
  AND m.attachments @> '[{}]'
ORDER BY r.recipient_id, m.message_id
