-- Which live cycles are open, how many offices owe something in each, and how many of them still do?
-- A task that is done without an answer is owed to nobody here.
SELECT c.cycle_id, c.title, c.deadline_phrase,
       NOT EXISTS (SELECT FROM cycle.milestone m
                   WHERE m.cycle_id = c.cycle_id AND m.step = 'issue' AND m.done_at IS NULL) AS is_issued,
       count(DISTINCT o.recipient_id) FILTER (WHERE o.state NOT IN ('waived', 'optional')) AS recipients,
       count(DISTINCT o.recipient_id) FILTER (WHERE o.is_outstanding) AS outstanding
FROM cycle.cycle c
LEFT JOIN cycle.obligation_status o ON o.cycle_id = c.cycle_id AND o.kind <> 'task'
WHERE c.mode = 'live'
  AND EXISTS (SELECT FROM cycle.milestone m WHERE m.cycle_id = c.cycle_id AND m.done_at IS NULL)
  AND NOT EXISTS (SELECT FROM cycle.withdrawal w WHERE w.cycle_id = c.cycle_id)
GROUP BY c.cycle_id
ORDER BY c.request_on, c.cycle_id
