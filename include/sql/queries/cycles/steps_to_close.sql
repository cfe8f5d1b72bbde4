-- Which steps that are not done have nothing left to do when this cycle is closed?
SELECT step FROM cycle.milestone
WHERE cycle_id = :cycle_id AND done_at IS NULL AND (is_reminder OR step = 'deadline')
ORDER BY due_at, step
