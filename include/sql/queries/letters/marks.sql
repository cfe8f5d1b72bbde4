-- The tracking table of the cycle: what is marked for each office, indicator and year?
SELECT organization_id, indicator, year, coalesce(is_marked, false) AS is_marked
FROM mart.tracking
WHERE cycle_id = :cycle_id
