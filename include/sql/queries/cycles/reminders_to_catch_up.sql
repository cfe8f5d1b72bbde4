-- Which reminder steps are due for an outstanding obligation that has not had them, though the step itself is done?
-- (a mail of the step from before the obligation's own moment spoke of the deadline that was put off)
SELECT DISTINCT p.step
FROM cycle.reminder_plan p
JOIN cycle.obligation_status o USING (obligation_id)
JOIN cycle.milestone s ON s.cycle_id = o.cycle_id AND s.step = p.step AND s.done_at IS NOT NULL
JOIN cycle.milestone c ON c.cycle_id = o.cycle_id AND c.step = 'close' AND c.done_at IS NULL
WHERE o.cycle_id = :cycle_id AND o.is_outstanding AND p.due_at <= :now AND p.due_at > s.done_at
  AND NOT EXISTS (SELECT FROM cycle.message m WHERE m.recipient_id = o.recipient_id AND m.step = p.step
                    AND m.dated_at >= p.due_at)
