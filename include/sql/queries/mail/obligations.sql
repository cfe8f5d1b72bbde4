-- What does each recipient of a cycle owe, by when, and where does it stand?
SELECT r.recipient_id, o.obligation_id, d.deliverable AS code, d.label, d.kind, d.is_opt_in, o.due_at, o.is_extended, o.state,
       o.is_outstanding, o.first_received_at,
       CASE o.state WHEN 'partial' THEN (SELECT c.missing FROM core.current_submission c
                                         WHERE c.cycle_id = r.cycle_id AND c.recipient_id = r.recipient_id) END AS missing
FROM cycle.recipient r
JOIN cycle.obligation_status o USING (recipient_id)
JOIN cycle.deliverable d ON d.cycle_id = r.cycle_id AND d.deliverable = o.deliverable
WHERE r.cycle_id = :cycle_id AND r.role = 'owes'
ORDER BY r.position, d.position
