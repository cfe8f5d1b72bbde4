-- A step of the plan.
INSERT INTO cycle.milestone (cycle_id, step, due_at, is_reminder, offset_working_days)
VALUES (:cycle_id, :step, :due_at, :is_reminder, :offset_working_days)
