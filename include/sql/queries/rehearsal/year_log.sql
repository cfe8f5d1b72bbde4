-- What happened in the cycles of this clock, in order, for a person to read?
SELECT e.occurred_at, e.cycle_id, r.short_name, r.reference_code, e.kind, e.detail::text AS detail, 0 AS part, e.event_id
FROM audit.event e
JOIN cycle.cycle c ON c.cycle_id = e.cycle_id
LEFT JOIN cycle.recipient r ON r.recipient_id = e.recipient_id
WHERE c.clock_id = :clock_id
UNION ALL
SELECT e.occurred_at, m.cycle_id, r.short_name, r.reference_code, 'message_' || e.state,
       m.step || ' → ' || m.to_address || coalesce(' (' || e.detail || ')', ''), 1, e.event_id
FROM cycle.message_event e
JOIN cycle.message m USING (message_id)
JOIN cycle.recipient r USING (recipient_id)
JOIN cycle.cycle c ON c.cycle_id = m.cycle_id
WHERE c.clock_id = :clock_id
ORDER BY 1, 7, 8
