-- Which unit of the ministry asked this office last?
SELECT c.regime_content #>> '{unit,name}'
FROM cycle.recipient r
JOIN cycle.cycle c USING (cycle_id)
WHERE r.organization_id = :organization_id
ORDER BY c.request_on DESC, c.cycle_id
LIMIT 1
