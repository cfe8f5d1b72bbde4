-- Who still owes what although its deadline is past, in the order of the list?
SELECT r.recipient_id, r.name, d.deliverable, d.label, o.state
FROM cycle.obligation_status o
JOIN cycle.recipient r USING (recipient_id)
JOIN cycle.deliverable d ON d.cycle_id = o.cycle_id AND d.deliverable = o.deliverable
WHERE o.cycle_id = :cycle_id AND r.role = 'owes' AND o.is_outstanding AND (o.due_at <= :now OR (:counts_undated AND o.due_at IS NULL))
ORDER BY r.position, d.position
