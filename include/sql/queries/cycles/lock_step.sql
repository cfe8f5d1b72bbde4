-- The same, locked until the transaction ends.
SELECT due_at, done_at FROM cycle.milestone WHERE cycle_id = :cycle_id AND step = :step FOR UPDATE
