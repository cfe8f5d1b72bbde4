-- When an obligation is to be reminded at a step; planned again when its deadline moves.
INSERT INTO cycle.reminder_plan (obligation_id, step, due_at)
VALUES (:obligation_id, :step, :due_at)
ON CONFLICT (obligation_id, step) DO UPDATE SET due_at = excluded.due_at
