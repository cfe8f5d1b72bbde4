-- Which reminders were handed over although their office owed nothing (any more) at that moment?
SELECT m.message_id, r.reference_code, m.step, e.occurred_at
FROM cycle.message m
JOIN cycle.recipient r USING (recipient_id)
JOIN cycle.cycle c ON c.cycle_id = m.cycle_id
JOIN cycle.message_event e ON e.message_id = m.message_id AND e.state IN ('sent', 'ambiguous')
WHERE c.clock_id = :clock_id AND m.step LIKE 'reminder\_\_%'
  AND NOT EXISTS (
      SELECT FROM cycle.obligation_status o
      LEFT JOIN cycle.waiver w ON w.obligation_id = o.obligation_id AND w.undone_at IS NULL
      WHERE o.recipient_id = m.recipient_id AND NOT o.is_opt_in
        AND (o.completed_at IS NULL OR o.completed_at >= e.occurred_at)
        AND (w.granted_at IS NULL OR w.granted_at >= e.occurred_at))
