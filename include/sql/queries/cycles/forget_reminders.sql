-- The reminders of an obligation are planned anew, from another deadline.
DELETE FROM cycle.reminder_plan WHERE obligation_id = :obligation_id
