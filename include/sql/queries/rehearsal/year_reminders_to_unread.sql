-- Which reminders were handed over to an office whose answer had been collected from the mailbox and was not read yet?
SELECT DISTINCT m.message_id, r.reference_code, m.step, e.occurred_at
FROM cycle.message m
JOIN cycle.recipient r USING (recipient_id)
JOIN cycle.cycle c ON c.cycle_id = m.cycle_id
JOIN cycle.message_event e ON e.message_id = m.message_id AND e.state IN ('sent', 'ambiguous')
JOIN registry.contact k ON k.organization_id = r.organization_id
JOIN intake.arrival a ON lower(a.from_address) = lower(k.email) AND a.mode = c.mode
WHERE c.clock_id = :clock_id AND starts_with(m.step, 'reminder__')
  AND a.sent_at <= e.occurred_at AND e.occurred_at < coalesce(a.handled_at, 'infinity') AND a.collected_at <= e.recorded_at
ORDER BY m.message_id
