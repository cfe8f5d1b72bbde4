-- Which contacts' mail came back, and which offices that owe something in an open live cycle have no main contact in use?
SELECT 'bouncing' AS kind, coalesce(n.name, k.organization_id) AS office, k.email
FROM registry.contact k
LEFT JOIN LATERAL (SELECT l.name FROM registry.organization_name l
                   WHERE l.organization_id = k.organization_id ORDER BY l.valid_from DESC LIMIT 1) n ON true
WHERE k.state = 'bouncing'
UNION
SELECT 'without', r.name, NULL
FROM cycle.recipient r
JOIN cycle.cycle c USING (cycle_id)
WHERE c.mode = 'live' AND r.role = 'owes'
  AND EXISTS (SELECT FROM cycle.milestone m WHERE m.cycle_id = c.cycle_id AND m.done_at IS NULL)
  AND EXISTS (SELECT FROM cycle.obligation_status o WHERE o.recipient_id = r.recipient_id AND o.is_outstanding)
  AND NOT EXISTS (SELECT FROM registry.contact k
                  WHERE k.organization_id = r.organization_id AND k.role = 'to' AND k.state = 'active')
ORDER BY kind, office, email
