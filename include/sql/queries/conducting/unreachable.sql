-- Which offices that owe something or are copied have no contact in use?
SELECT r.position, r.name, r.short_name
FROM cycle.recipient r
WHERE r.cycle_id = :cycle_id
  AND NOT EXISTS (SELECT FROM registry.contact k
                  WHERE k.organization_id = r.organization_id AND k.role = 'to' AND k.state = 'active')
ORDER BY r.position
