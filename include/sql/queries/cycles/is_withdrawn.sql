-- Was this cycle called off?
SELECT EXISTS (SELECT FROM cycle.withdrawal WHERE cycle_id = :cycle_id)
