-- Move a step that is not done.
UPDATE cycle.milestone SET due_at = :due_at WHERE cycle_id = :cycle_id AND step = :step AND done_at IS NULL
