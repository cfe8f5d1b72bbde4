-- Which reports of this cycle (editions, supplements) were given out?
SELECT document_id, kind, version, number, registered_on, published_at, is_newest
FROM cycle.published_report
WHERE cycle_id = :cycle_id
ORDER BY position
