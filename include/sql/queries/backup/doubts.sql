-- Which mails wait because it is in doubt, after a restore, whether they were sent already?
SELECT m.message_id, d.restore_id, m.cycle_id, r.reference_code, r.short_name, m.step, m.to_address, m.subject,
       m.message_id_header, m.when_unknown, cycle.reason_arose_at(m) AS since
FROM cycle.message m
JOIN cycle.recipient r USING (recipient_id)
CROSS JOIN LATERAL (SELECT cycle.in_doubt_since(m) AS restore_id) d
WHERE EXISTS (SELECT FROM audit.open_restore) AND m.state = 'queued' AND d.restore_id IS NOT NULL
ORDER BY m.message_id
