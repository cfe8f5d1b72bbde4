-- Who owes what in this cycle, and how often was each reminded?
SELECT r.position, r.reference_code, r.short_name, o.deliverable, o.state, o.due_at,
       o.is_outstanding, o.is_in_conflict, o.draft_received_at, o.first_received_at,
       (SELECT count(DISTINCT m.step) FROM cycle.message m
        WHERE m.recipient_id = r.recipient_id AND m.step LIKE 'reminder%' AND m.state IN ('sent', 'ambiguous')) AS reminders
FROM cycle.recipient r
JOIN cycle.obligation_status o USING (recipient_id)
JOIN cycle.deliverable d ON d.cycle_id = r.cycle_id AND d.deliverable = o.deliverable
WHERE r.cycle_id = :cycle_id
ORDER BY r.position, d.position
