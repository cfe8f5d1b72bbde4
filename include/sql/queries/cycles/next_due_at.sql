-- When does the next step fall due?
SELECT min(due_at) FROM cycle.milestone WHERE cycle_id = :cycle_id AND done_at IS NULL AND due_at > :now
