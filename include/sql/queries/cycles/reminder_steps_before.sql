-- Which reminder steps that are not done fall due before this moment, and when is each still needed first?
SELECT m.step, (SELECT min(p.due_at) FROM cycle.reminder_plan p JOIN cycle.obligation o USING (obligation_id)
                WHERE o.cycle_id = m.cycle_id AND p.step = m.step) AS needed_at
FROM cycle.milestone m
WHERE m.cycle_id = :cycle_id AND m.is_reminder AND m.done_at IS NULL AND m.due_at < :moment
ORDER BY m.due_at, m.step
