-- By which instants is something due in this cycle?
SELECT DISTINCT due_at FROM cycle.obligation_status WHERE cycle_id = :cycle_id AND due_at IS NOT NULL ORDER BY due_at
