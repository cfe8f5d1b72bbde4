-- The plan of a cycle.
SELECT step, due_at, done_at FROM cycle.milestone WHERE cycle_id = :cycle_id ORDER BY due_at, step
