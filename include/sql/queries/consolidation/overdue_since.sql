-- Of which recipients has a day passed that had not come when their rows were filled, by the clock of the cycle?
SELECT DISTINCT o.recipient_id
FROM mart.obligation o
JOIN cycle.cycle c USING (cycle_id)
JOIN cycle.clock k USING (clock_id)
WHERE o.cycle_id = :cycle_id AND o.timeliness = 'not_due' AND o.kind <> 'task' AND o.due_at <= coalesce(k.now_at, now())
