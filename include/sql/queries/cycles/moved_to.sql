-- To which instant was the deadline of this cycle last moved for everybody?
SELECT e.due_at
FROM cycle.extension e
JOIN cycle.obligation o USING (obligation_id)
WHERE o.cycle_id = :cycle_id AND e.asked_how = 'ministry' AND e.undone_at IS NULL
ORDER BY e.extension_id DESC
LIMIT 1
