-- Which offices are there on this day, under which name, and in which lists?
SELECT o.organization_id, o.kind, n.name, n.short_name,
       ARRAY(SELECT g.group_code FROM registry.group_member g
             WHERE g.organization_id = o.organization_id AND g.valid_from <= :on_day
               AND (g.valid_to IS NULL OR g.valid_to > :on_day)
             ORDER BY g.group_code) AS groups
FROM registry.organization o
JOIN registry.organization_name n
  ON n.organization_id = o.organization_id AND n.valid_from <= :on_day AND (n.valid_to IS NULL OR n.valid_to > :on_day)
WHERE o.valid_from <= :on_day AND (o.valid_to IS NULL OR o.valid_to > :on_day)
ORDER BY o.organization_id
