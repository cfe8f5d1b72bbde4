-- What of these kinds is still owed in an issued cycle, or may still be given as a workbook, by when?
SELECT o.obligation_id, o.recipient_id, r.reference_code, r.organization_id, o.deliverable, o.kind, o.due_at, i.done_at AS issued_at
FROM cycle.obligation_status o
JOIN cycle.recipient r USING (recipient_id)
JOIN cycle.milestone i ON i.cycle_id = o.cycle_id AND i.step = 'issue' AND i.done_at IS NOT NULL
JOIN cycle.milestone c ON c.cycle_id = o.cycle_id AND c.step = 'close' AND c.done_at IS NULL
WHERE o.cycle_id = :cycle_id AND (o.is_outstanding OR o.state = 'optional' AND o.kind = 'data_form') AND o.kind = ANY(:kinds)
ORDER BY r.position, o.deliverable
