-- Which runs have carried this cycle, the earliest first?
SELECT detail ->> 'run_id' AS run_id
FROM audit.event
WHERE cycle_id = :cycle_id AND kind = 'run_started'
GROUP BY detail ->> 'run_id'
ORDER BY min(event_id)
