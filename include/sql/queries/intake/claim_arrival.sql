-- May this delivery be handled now by us alone? Not while another worker has it, nor before an earlier one of the
-- same sender, so that the versions of an office keep the order in which they arrived.
SELECT a.arrival_id
FROM intake.arrival a
WHERE a.arrival_id = :arrival_id AND a.handled_at IS NULL
  AND NOT EXISTS (SELECT FROM intake.arrival e
                  WHERE e.handled_at IS NULL AND e.mode = a.mode AND e.from_address = a.from_address
                    AND (e.received_at, e.arrival_id) < (a.received_at, a.arrival_id))
FOR UPDATE SKIP LOCKED
