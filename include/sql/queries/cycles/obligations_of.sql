-- How does what these recipients owe stand, and what is it called?
SELECT o.obligation_id, o.recipient_id, r.reference_code, r.short_name, o.deliverable, d.label, o.kind, o.due_at,
       o.original_due_at, o.is_extended, o.is_opt_in, o.state, o.is_outstanding
FROM cycle.obligation_status o
JOIN cycle.recipient r USING (recipient_id)
JOIN cycle.deliverable d ON d.cycle_id = o.cycle_id AND d.deliverable = o.deliverable
WHERE o.recipient_id = ANY(:recipient_ids)
ORDER BY r.position, d.position
