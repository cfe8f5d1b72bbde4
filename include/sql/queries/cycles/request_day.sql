-- On which day was this cycle's request planned?
SELECT request_on FROM cycle.cycle WHERE cycle_id = :cycle_id
