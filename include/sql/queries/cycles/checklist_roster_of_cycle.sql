-- Which offices owe a report in this cycle and not in the one before, and the other way round?
SELECT n.short_name, true AS is_added
FROM cycle.recipient n
WHERE n.cycle_id = :cycle_id AND n.role = 'owes'
  AND NOT EXISTS (SELECT FROM cycle.recipient b
                  WHERE b.cycle_id = :previous AND b.role = 'owes' AND b.organization_id = n.organization_id)
UNION ALL
SELECT b.short_name, false
FROM cycle.recipient b
WHERE b.cycle_id = :previous AND b.role = 'owes'
  AND NOT EXISTS (SELECT FROM cycle.recipient n
                  WHERE n.cycle_id = :cycle_id AND n.role = 'owes' AND n.organization_id = b.organization_id)
ORDER BY 2 DESC, 1
