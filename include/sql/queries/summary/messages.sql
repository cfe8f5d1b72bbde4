-- Which reminders and requests to complete left for each office, and when?
SELECT DISTINCT r.position, r.organization_id, m.step, m.sequence, m.dated_at
FROM cycle.message m
JOIN cycle.recipient r ON r.recipient_id = m.recipient_id
WHERE m.cycle_id = :cycle_id
  AND (m.step LIKE 'reminder\_\_%' OR m.step = 'completion_request')
  AND m.state IN ('sent', 'ambiguous')
ORDER BY r.position, m.dated_at, m.step
