-- Which deliveries wait to be handled, in the order in which they reached us?
SELECT arrival_id
FROM intake.arrival
WHERE handled_at IS NULL AND arrival_id <> ALL(CAST(:except AS bigint[]))
ORDER BY received_at, arrival_id
LIMIT :limit
