-- When is this reminder next due for an outstanding obligation? Null when for none, or after the close.
SELECT min(p.due_at)
FROM cycle.reminder_plan p
JOIN cycle.obligation_status o USING (obligation_id)
WHERE o.cycle_id = :cycle_id AND p.step = :step AND o.is_outstanding AND p.due_at > :now
  AND p.due_at < (SELECT due_at FROM cycle.milestone WHERE cycle_id = :cycle_id AND step = 'close')
