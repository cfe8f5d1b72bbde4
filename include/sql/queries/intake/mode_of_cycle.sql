-- Is this cycle live or a rehearsal?
SELECT mode FROM cycle.cycle WHERE cycle_id = :cycle_id
