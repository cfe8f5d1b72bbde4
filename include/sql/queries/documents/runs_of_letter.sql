-- Which runs carried this letter?
SELECT detail ->> 'run_id'
FROM audit.event
WHERE cycle_id = :cycle_id AND kind = 'letter_run_started' AND detail ->> 'document' = :kind
ORDER BY event_id
