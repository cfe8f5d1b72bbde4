-- Mark a step as done, once.
UPDATE cycle.milestone SET done_at = :done_at WHERE cycle_id = :cycle_id AND step = :step AND done_at IS NULL
