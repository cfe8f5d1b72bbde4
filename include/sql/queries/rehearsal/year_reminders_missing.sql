-- Which reminders fell due for an office that still owed what they remind of, and were not handed over; and what became
-- of them instead? (those that fell due after the close, or within a pause, were not to be sent)
SELECT c.cycle_id, r.reference_code, r.short_name, p.step, p.due_at, o.completed_at,
       (SELECT string_agg(DISTINCT m.state || coalesce(': ' || e.detail, ''), '; ')
        FROM cycle.message m
        LEFT JOIN LATERAL (SELECT detail FROM cycle.message_event e
                           WHERE e.message_id = m.message_id ORDER BY e.event_id DESC LIMIT 1) e ON true
        WHERE m.recipient_id = r.recipient_id AND m.step = p.step) AS instead,
       EXISTS (SELECT FROM audit.event e
               WHERE e.recipient_id = r.recipient_id AND e.kind = 'no_live_contact') AS is_unreachable,
       EXISTS (SELECT FROM cycle.pause z WHERE z.recipient_id = r.recipient_id AND p.due_at < z.until_at) AS is_paused
FROM cycle.reminder_plan p
JOIN cycle.obligation_status o USING (obligation_id)
JOIN cycle.recipient r USING (recipient_id)
JOIN cycle.cycle c ON c.cycle_id = o.cycle_id
JOIN cycle.milestone s ON s.cycle_id = o.cycle_id AND s.step = 'close'
JOIN cycle.milestone i ON i.cycle_id = o.cycle_id AND i.step = 'issue'
LEFT JOIN cycle.waiver w USING (obligation_id)
WHERE c.clock_id = :clock_id AND p.due_at < s.done_at AND p.due_at >= i.done_at AND NOT o.is_opt_in
  AND (o.completed_at IS NULL OR o.completed_at > p.due_at)
  AND (w.granted_at IS NULL OR w.granted_at > p.due_at)
  AND NOT EXISTS (
      SELECT FROM cycle.message m
      WHERE m.recipient_id = r.recipient_id AND m.step = p.step AND m.dated_at >= p.due_at
        AND m.state IN ('sent', 'ambiguous', 'bounced'))
ORDER BY c.cycle_id, r.position, p.due_at
