-- When does the first pause end of an office that is late but whose reminders rest now? Null when there is none.
SELECT min(z.ends_at)
FROM cycle.obligation_status o
CROSS JOIN LATERAL (
    SELECT max(least(p.until_at, coalesce(p.ended_at, p.until_at))) AS ends_at
    FROM cycle.pause p
    WHERE p.recipient_id = o.recipient_id AND p.from_at <= :now
      AND :now < least(p.until_at, coalesce(p.ended_at, p.until_at))) z
WHERE o.cycle_id = :cycle_id AND o.is_outstanding AND (o.due_at <= :now OR (:counts_undated AND o.due_at IS NULL))
