-- Which steps of this cycle are not done? Held.
SELECT step, due_at FROM cycle.milestone WHERE cycle_id = :cycle_id AND done_at IS NULL ORDER BY due_at, step FOR UPDATE
