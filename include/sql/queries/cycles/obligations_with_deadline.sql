-- Which obligations have a fixed day, and so reminders?
SELECT obligation_id, due_at
FROM cycle.obligation_status
WHERE cycle_id = :cycle_id AND due_at IS NOT NULL
