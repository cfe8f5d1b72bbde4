-- Which offices still owe something in a cycle, until when, and what was agreed for :day?
SELECT r.short_name, min(o.due_at) AS due_at,
       bool_or(o.state = 'to_complete') AS is_to_complete,
       bool_or(o.state = 'partial') AS is_partial,
       bool_or(o.draft_received_at IS NOT NULL) AS is_draft,
       bool_or(o.is_extended AND o.due_at > :day_starts_at AND o.due_at <= :day_ends_at) AS ends_extension,
       EXISTS (SELECT FROM cycle.contact_log l
               WHERE l.recipient_id = r.recipient_id AND l.promised_on = :day) AS is_promised
FROM cycle.recipient r
JOIN cycle.obligation_status o USING (recipient_id)
WHERE r.cycle_id = :cycle_id AND o.is_outstanding AND o.kind <> 'task'
GROUP BY r.recipient_id, r.short_name, r.position
ORDER BY r.position, r.recipient_id
