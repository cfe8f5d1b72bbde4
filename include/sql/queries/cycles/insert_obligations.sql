-- Every recipient that owes, owes every deliverable by the cycle's deadline.
INSERT INTO cycle.obligation (cycle_id, recipient_id, deliverable, due_at)
SELECT r.cycle_id, r.recipient_id, d.deliverable, c.due_at
FROM cycle.recipient r
JOIN cycle.deliverable d USING (cycle_id)
JOIN cycle.cycle c USING (cycle_id)
WHERE r.cycle_id = :cycle_id AND r.role = 'owes'
ORDER BY r.position, d.position
