-- What does this recipient still owe?
SELECT o.obligation_id, o.recipient_id, o.due_at
FROM cycle.obligation_status o
JOIN cycle.recipient r USING (recipient_id)
WHERE o.cycle_id = :cycle_id AND r.reference_code = :reference_code AND o.is_outstanding
