-- Which form opened this cycle? (its hash; no row for a cycle that a form did not open)
SELECT detail ->> 'form_hash' AS form_hash
FROM audit.event
WHERE cycle_id = :cycle_id AND kind = 'form_entered'
ORDER BY event_id
LIMIT 1
