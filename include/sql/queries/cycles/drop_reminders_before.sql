-- Reminders of this cycle that would come before this moment are not sent at all; which steps lose some?
DELETE FROM cycle.reminder_plan p
USING cycle.obligation o
WHERE o.obligation_id = p.obligation_id AND o.cycle_id = :cycle_id AND p.due_at < :moment
RETURNING p.step
