-- Under which name does each of these cycles write: the unit in charge?
SELECT cycle_id, regime_content #>> '{unit,name}' AS unit_name
FROM cycle.cycle
WHERE cycle_id = ANY (CAST(:cycle_ids AS text[]))
