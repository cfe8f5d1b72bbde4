-- A reminder that counts from the issue is planned anew, for all that is owed without a fixed day.
UPDATE cycle.reminder_plan p SET due_at = :due_at
FROM cycle.obligation o
WHERE o.obligation_id = p.obligation_id AND o.cycle_id = :cycle_id AND o.due_at IS NULL AND p.step = :step
