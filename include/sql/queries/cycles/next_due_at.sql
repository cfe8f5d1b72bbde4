-- When does the next step fall due, or the next reminder that its step no longer sends, or end the next pause?
SELECT min(due_at)
FROM (
    SELECT due_at FROM cycle.milestone WHERE cycle_id = :cycle_id AND done_at IS NULL
    UNION ALL
    SELECT p.due_at
    FROM cycle.reminder_plan p
    JOIN cycle.obligation_status o USING (obligation_id)
    JOIN cycle.milestone s ON s.cycle_id = o.cycle_id AND s.step = p.step AND s.done_at IS NOT NULL
    JOIN cycle.milestone c ON c.cycle_id = o.cycle_id AND c.step = 'close' AND c.done_at IS NULL
    WHERE o.cycle_id = :cycle_id AND o.is_outstanding AND p.due_at < c.due_at
    UNION ALL
    SELECT z.until_at
    FROM cycle.pause z
    JOIN cycle.milestone c ON c.cycle_id = z.cycle_id AND c.step = 'close' AND c.done_at IS NULL
    WHERE z.cycle_id = :cycle_id AND z.ended_at IS NULL AND z.until_at < c.due_at
) moments
WHERE due_at > :now
