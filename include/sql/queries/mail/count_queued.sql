-- How many messages wait to be sent?
SELECT count(*)
FROM cycle.message
WHERE state = 'queued' AND (CAST(:cycle_id AS text) IS NULL OR cycle_id = :cycle_id)
