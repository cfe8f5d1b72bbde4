-- What was to be said to whom in this cycle (in these states, if some are given), and what was last noted about it?
SELECT m.message_id, r.reference_code, r.short_name, m.step, m.sequence, m.to_address, m.subject, m.state,
       m.dated_at, m.attempt_count, e.occurred_at AS state_since, e.detail
FROM cycle.message m
JOIN cycle.recipient r USING (recipient_id)
LEFT JOIN LATERAL (
    SELECT n.occurred_at, n.detail FROM cycle.message_event n
    WHERE n.message_id = m.message_id
    ORDER BY n.event_id DESC LIMIT 1
) e ON true
WHERE m.cycle_id = :cycle_id
  AND (CAST(:states AS text[]) IS NULL OR m.state = ANY (CAST(:states AS text[])))
ORDER BY m.message_id
