-- Where does a stated figure differ from the computed one?
SELECT measure, indicator, NULLIF(year, 0) AS year, stated, computed, source, offices
FROM mart.discrepancy
WHERE cycle_id = :cycle_id
ORDER BY measure DESC, indicator, year
