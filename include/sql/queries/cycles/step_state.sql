-- When does this step fall due, and is it done?
SELECT due_at, done_at FROM cycle.milestone WHERE cycle_id = :cycle_id AND step = :step
