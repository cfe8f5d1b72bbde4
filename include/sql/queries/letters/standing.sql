-- What was each office asked for that it was not let off, in the order of the list, and where does it stand: what kind of
-- office is it, which committee stands above it, by when was it due, is it owed still, and do its reminders rest at this
-- moment? What an office may choose to give counts only while what it sent is to be completed.
SELECT r.recipient_id, r.name, r.short_name, g.kind AS office_kind, p.name AS parent_name, d.deliverable, d.label, o.state,
       o.due_at, o.is_extended, o.is_outstanding, cycle.is_paused(r.recipient_id, :now) AS is_paused
FROM cycle.obligation_status o
JOIN cycle.recipient r USING (recipient_id)
JOIN cycle.cycle c ON c.cycle_id = o.cycle_id
JOIN cycle.deliverable d ON d.cycle_id = o.cycle_id AND d.deliverable = o.deliverable
JOIN registry.organization g USING (organization_id)
LEFT JOIN registry.organization_name p
    ON p.organization_id = g.parent_id AND g.kind = 'province_department'
    AND p.valid_from <= c.request_on AND (p.valid_to IS NULL OR p.valid_to > c.request_on)
WHERE o.cycle_id = :cycle_id AND r.role = 'owes' AND o.state <> 'waived' AND (o.is_outstanding OR NOT o.is_opt_in)
ORDER BY r.position, d.position
