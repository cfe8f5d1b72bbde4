-- Under which name does this cycle write: the unit in charge?
SELECT regime_content #>> '{unit,name}' AS unit_name
FROM cycle.cycle
WHERE cycle_id = :cycle_id
