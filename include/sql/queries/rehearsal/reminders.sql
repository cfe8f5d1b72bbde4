-- How many reminders went out at each step?
SELECT m.step,
       (SELECT count(*) FROM cycle.message s
        WHERE s.cycle_id = m.cycle_id AND s.step = m.step AND s.state IN ('sent', 'ambiguous')) AS sent
FROM cycle.milestone m
WHERE m.cycle_id = :cycle_id AND m.is_reminder
ORDER BY m.due_at
