-- What does each office of this cycle owe, by when?
SELECT r.reference_code, o.deliverable, o.kind, o.due_at, o.is_opt_in
FROM cycle.obligation_status o
JOIN cycle.recipient r USING (recipient_id)
WHERE o.cycle_id = :cycle_id
ORDER BY r.position, o.deliverable
