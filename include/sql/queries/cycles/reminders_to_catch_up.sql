-- Which reminder steps are due for an outstanding obligation that has not had them, though the step itself is done?
-- Such as those planned again after their step was done, and those that a pause held back.
SELECT DISTINCT p.step
FROM cycle.reminder_due(:cycle_id, :now) p
JOIN cycle.milestone s ON s.cycle_id = :cycle_id AND s.step = p.step AND s.done_at IS NOT NULL
WHERE p.due_at > s.done_at
   OR EXISTS (SELECT FROM cycle.pause z
              WHERE z.recipient_id = p.recipient_id AND z.from_at <= s.done_at
                AND least(z.until_at, coalesce(z.ended_at, z.until_at)) > p.due_at)
ORDER BY p.step
