-- Is this cycle a rehearsal, whose waits look often?
SELECT mode = 'rehearsal' FROM cycle.cycle WHERE cycle_id = :cycle_id
