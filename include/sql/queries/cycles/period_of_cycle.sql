-- Which period does this cycle cover?
SELECT period FROM cycle.cycle WHERE cycle_id = :cycle_id
