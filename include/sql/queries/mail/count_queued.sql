-- How many messages wait to be sent? (not those of rehearsals whose mail stays in the ledger)
SELECT count(*)
FROM cycle.message m
JOIN cycle.cycle c USING (cycle_id)
JOIN cycle.clock t USING (clock_id)
WHERE m.state = 'queued' AND NOT t.keeps_mail AND (CAST(:cycle_id AS text) IS NULL OR m.cycle_id = :cycle_id)
