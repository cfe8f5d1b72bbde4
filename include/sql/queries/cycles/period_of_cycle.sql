-- Of which period is this cycle?
SELECT period FROM cycle.cycle WHERE cycle_id = :cycle_id
