-- What can be owed in the cycle, in order? (tasks are done, not owed)
SELECT deliverable, label, is_opt_in
FROM cycle.deliverable
WHERE cycle_id = :cycle_id AND kind <> 'task'
ORDER BY position
