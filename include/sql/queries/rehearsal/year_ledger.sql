-- What does the ledger hold of this clock's cycles, message by message?
SELECT m.message_id, m.cycle_id, m.recipient_id, r.reference_code, r.short_name, m.step, m.state, m.to_address,
       m.message_id_header, m.dated_at, m.attempt_count, m.when_unknown,
       (SELECT count(*) FROM cycle.message_event e
        WHERE e.message_id = m.message_id AND e.state = 'ambiguous') AS unknown_outcomes,
       (SELECT count(*) FROM cycle.message_event e
        WHERE e.message_id = m.message_id AND e.state = 'sent') AS sent_outcomes,
       (SELECT e.occurred_at FROM cycle.message_event e
        WHERE e.message_id = m.message_id AND e.state = 'sent' ORDER BY e.event_id LIMIT 1) AS sent_at,
       (SELECT e.detail FROM cycle.message_event e
        WHERE e.message_id = m.message_id ORDER BY e.event_id DESC LIMIT 1) AS last_detail
FROM cycle.message m
JOIN cycle.recipient r USING (recipient_id)
JOIN cycle.cycle c ON c.cycle_id = m.cycle_id
WHERE c.clock_id = :clock_id
ORDER BY m.message_id
