-- When is the last deadline of this cycle over?
SELECT max(due_at) FROM cycle.obligation_status WHERE cycle_id = :cycle_id
