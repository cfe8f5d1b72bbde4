-- Which other open cycles on the same clock ask offices of this one, how many, and by when? (Each of them is looked into by
-- itself: joined with the view as a whole, the planner may look into every cycle that ever was.)
SELECT c.cycle_id, c.title, o.due_at, count(DISTINCT r.organization_id) AS offices
FROM cycle.cycle own
JOIN cycle.cycle c ON c.clock_id = own.clock_id AND c.mode = own.mode AND c.cycle_id <> own.cycle_id
JOIN cycle.milestone s ON s.cycle_id = c.cycle_id AND s.step = 'close' AND s.done_at IS NULL
CROSS JOIN LATERAL (
    SELECT e.recipient_id, e.due_at
    FROM cycle.obligation_status e
    WHERE e.cycle_id = c.cycle_id AND e.is_outstanding AND e.due_at IS NOT NULL
    OFFSET 0) o
JOIN cycle.recipient r USING (recipient_id)
WHERE own.cycle_id = :cycle_id
  AND r.organization_id IN (SELECT x.organization_id FROM cycle.recipient x WHERE x.cycle_id = own.cycle_id AND x.role = 'owes')
GROUP BY c.cycle_id, c.title, o.due_at
ORDER BY o.due_at, c.cycle_id
