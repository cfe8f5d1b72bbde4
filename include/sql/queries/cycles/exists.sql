-- Is this cycle open already?
SELECT 1 FROM cycle.cycle WHERE cycle_id = :cycle_id
