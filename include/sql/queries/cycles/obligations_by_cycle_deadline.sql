-- Which obligations are due by the cycle's own deadline, or by an earlier one than the new? (those with a deadline of
-- their own, and those given more time than that, keep it)
SELECT o.obligation_id, o.recipient_id, o.deliverable, o.due_at, o.is_outstanding
FROM cycle.obligation_status o
JOIN cycle.cycle c USING (cycle_id)
JOIN cycle.recipient r USING (recipient_id)
JOIN cycle.deliverable d ON d.cycle_id = o.cycle_id AND d.deliverable = o.deliverable
WHERE o.cycle_id = :cycle_id AND o.original_due_at = c.due_at AND o.due_at < :new_due_at
ORDER BY r.position, d.position
