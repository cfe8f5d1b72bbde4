-- Which offices joined or left the lists of this cycle since a day, up to the day of its request?
SELECT DISTINCT n.short_name, g.valid_from > :since AND g.valid_from <= c.request_on AS is_added
FROM cycle.cycle c
JOIN registry.group_member g
     ON (g.valid_from > :since AND g.valid_from <= c.request_on) OR (g.valid_to > :since AND g.valid_to <= c.request_on)
JOIN LATERAL (
    SELECT x.short_name FROM registry.organization_name x
    WHERE x.organization_id = g.organization_id AND x.valid_from <= c.request_on
    ORDER BY x.valid_from DESC LIMIT 1
) n ON true
WHERE c.cycle_id = :cycle_id
  AND g.group_code IN (SELECT r.group_code FROM cycle.recipient r WHERE r.cycle_id = c.cycle_id AND r.role = 'owes')
ORDER BY 2 DESC, 1
