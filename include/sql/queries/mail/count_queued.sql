-- How many messages wait to be sent? (not those of rehearsals whose mail stays in the ledger, nor those of the `closed`
-- cycles that wait for office hours)
SELECT count(*)
FROM cycle.message m
JOIN cycle.cycle c USING (cycle_id)
JOIN cycle.clock t USING (clock_id)
WHERE m.state = 'queued'
  AND NOT (m.cycle_id = ANY (CAST(:closed AS text[])) AND cycle.waits_for_office_hours(m.step)) AND NOT t.keeps_mail AND (CAST(:cycle_id AS text) IS NULL OR m.cycle_id = :cycle_id)
