-- What does the cycle ask for that nobody owes? (nothing is owed of a task)
SELECT d.deliverable, d.label
FROM cycle.deliverable d
WHERE d.cycle_id = :cycle_id AND d.kind <> 'task'
  AND NOT EXISTS (SELECT FROM cycle.obligation o WHERE o.cycle_id = d.cycle_id AND o.deliverable = d.deliverable)
ORDER BY d.position
