-- To which instant was the deadline that holds for everybody in this cycle moved last? No row when it was not.
SELECT (e.detail ->> 'due_at')::timestamptz
FROM audit.event e
WHERE e.cycle_id = :cycle_id AND e.kind = 'deadline_moved'
ORDER BY e.event_id DESC
LIMIT 1
