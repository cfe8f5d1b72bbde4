-- From whom are the deliveries that wait to be handled, in the order in which they reached us?
SELECT arrival_id, mode || ' ' || coalesce(from_address, named_code) AS sender
FROM intake.arrival
WHERE handled_at IS NULL
ORDER BY received_at, arrival_id
LIMIT :limit
