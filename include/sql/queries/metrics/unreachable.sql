-- How many offices of each cycle that goes on have no contact to be written to?
SELECT c.cycle_id AS cycle, c.mode, count(*) FILTER (WHERE u.organization_id IS NULL) AS offices_without_contact
FROM cycle.watched_cycle c
JOIN cycle.recipient r ON r.cycle_id = c.cycle_id AND r.role = 'owes'
LEFT JOIN (SELECT DISTINCT k.organization_id
           FROM registry.contact k
           WHERE k.state = 'active' AND k.role IN ('to', 'copy')) u ON u.organization_id = r.organization_id
GROUP BY c.cycle_id, c.mode
