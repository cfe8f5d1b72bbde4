-- Which of these deliveries may be handled now by us alone? Not those that another worker has.
SELECT arrival_id
FROM intake.arrival
WHERE arrival_id = ANY(CAST(:arrival_ids AS bigint[])) AND handled_at IS NULL
ORDER BY received_at, arrival_id
FOR UPDATE SKIP LOCKED
