-- How many messages of each cycle are in which state?
SELECT cycle_id, state, count(*) AS messages
FROM cycle.message
GROUP BY cycle_id, state
ORDER BY cycle_id, state
