-- Which live cycles are open, how many offices were asked for something that they were not let off, how many of them sent
-- all of it (or said that nothing occurred, or answer by the secret mail), and how many still owe something? (what is being checked because of a fault of ours counts as neither; what an
-- office may choose to give counts only while what it sent is to be completed; a task is owed to nobody here)
SELECT c.cycle_id, c.title, c.deadline_phrase,
       NOT EXISTS (SELECT FROM cycle.milestone m
                   WHERE m.cycle_id = c.cycle_id AND m.step = 'issue' AND m.done_at IS NULL) AS is_issued,
       count(o.recipient_id) AS recipients,
       count(o.recipient_id) FILTER (WHERE o.has_completed) AS answered,
       count(o.recipient_id) FILTER (WHERE o.is_outstanding) AS outstanding
FROM cycle.cycle c
LEFT JOIN (
    SELECT cycle_id, recipient_id, bool_and(state IN ('completed', 'nil', 'confidential')) AS has_completed, bool_or(is_outstanding) AS is_outstanding
    FROM cycle.obligation_status
    WHERE kind <> 'task' AND state <> 'waived' AND (is_outstanding OR NOT is_opt_in)
    GROUP BY cycle_id, recipient_id
) o USING (cycle_id)
WHERE c.mode = 'live'
  AND EXISTS (SELECT FROM cycle.milestone m WHERE m.cycle_id = c.cycle_id AND m.done_at IS NULL)
  AND NOT EXISTS (SELECT FROM cycle.withdrawal w WHERE w.cycle_id = c.cycle_id)
GROUP BY c.cycle_id
ORDER BY c.request_on, c.cycle_id
