-- Which cycles are there, how many recipients were asked for something that they were not let off, how many of them still
-- owe something, and what comes next?
SELECT c.cycle_id, c.title, c.mode, c.due_at,
       (SELECT count(DISTINCT o.recipient_id) FROM cycle.obligation_status o
        WHERE o.cycle_id = c.cycle_id AND o.state <> 'waived' AND (o.is_outstanding OR NOT o.is_opt_in)) AS recipients,
       (SELECT count(DISTINCT o.recipient_id) FROM cycle.obligation_status o
        WHERE o.cycle_id = c.cycle_id AND o.is_outstanding) AS outstanding,
       n.step AS next_step, n.due_at AS next_due_at
FROM cycle.cycle c
LEFT JOIN LATERAL (
    SELECT m.step, m.due_at FROM cycle.milestone m
    WHERE m.cycle_id = c.cycle_id AND m.done_at IS NULL
    ORDER BY m.due_at LIMIT 1
) n ON true
ORDER BY c.request_on DESC, c.cycle_id
