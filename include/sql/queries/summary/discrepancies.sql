-- Where does a figure stated elsewhere differ from the one computed from the facts?
SELECT measure, indicator, year, stated, computed, source, offices
FROM mart.discrepancy
WHERE cycle_id = :cycle_id
ORDER BY measure DESC, indicator, year, source
