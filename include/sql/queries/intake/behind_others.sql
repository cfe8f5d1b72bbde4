-- Which of these deliveries have an open one of the same sender before them that is not among them? They wait for it, so
-- that the versions of an office keep the order in which they arrived.
SELECT a.arrival_id
FROM intake.arrival a
WHERE a.arrival_id = ANY(CAST(:arrival_ids AS bigint[]))
  AND EXISTS (SELECT FROM intake.arrival e
              WHERE e.handled_at IS NULL AND e.mode = a.mode AND coalesce(e.from_address, e.named_code) = coalesce(a.from_address, a.named_code)
                AND (e.received_at, e.arrival_id) < (a.received_at, a.arrival_id)
                AND e.arrival_id <> ALL(CAST(:arrival_ids AS bigint[])))
