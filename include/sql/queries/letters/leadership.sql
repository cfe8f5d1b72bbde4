-- How often was each office reminded and urged, and what was said the last time that an officer spoke with it?
SELECT r.recipient_id,
       (SELECT count(DISTINCT m.step) FROM cycle.message m
        WHERE m.recipient_id = r.recipient_id AND m.step LIKE 'reminder%' AND m.state IN ('sent', 'ambiguous')) AS reminders,
       (SELECT count(DISTINCT d.document_id) FROM cycle.document d
        JOIN cycle.document_registration g USING (document_id)
        JOIN cycle.document_addressee a ON a.document_id = d.document_id AND a.version = g.version
        WHERE a.recipient_id = r.recipient_id) AS urgings,
       (SELECT count(*) FROM cycle.contact_log l WHERE l.recipient_id = r.recipient_id) AS contacts,
       last.channel, last.summary, last.promised_on, last.occurred_at
FROM cycle.recipient r
LEFT JOIN LATERAL (
    SELECT l.channel, l.summary, l.promised_on, l.occurred_at
    FROM cycle.contact_log l
    WHERE l.recipient_id = r.recipient_id
    ORDER BY l.occurred_at DESC, l.contact_log_id DESC LIMIT 1
) last ON true
WHERE r.cycle_id = :cycle_id AND r.role = 'owes'
ORDER BY r.position
