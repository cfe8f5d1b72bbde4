-- Move each reminder step that is not done to the first moment at which an outstanding obligation needs it.
UPDATE cycle.milestone m
SET due_at = n.due_at
FROM (
    SELECT p.step, min(p.due_at) AS due_at
    FROM cycle.reminder_plan p
    JOIN cycle.obligation_status o USING (obligation_id)
    WHERE o.cycle_id = :cycle_id AND o.is_outstanding
      AND NOT EXISTS (SELECT FROM cycle.message s
                      WHERE s.recipient_id = o.recipient_id AND s.step = p.step AND s.dated_at >= p.due_at)
    GROUP BY p.step
) n
WHERE m.cycle_id = :cycle_id AND m.step = n.step AND m.is_reminder AND m.done_at IS NULL
