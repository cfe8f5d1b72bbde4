-- Whom does the cycle address, in the order of the list, and what kind of office is each?
SELECT r.recipient_id, r.organization_id, r.position, r.name, r.short_name, r.role, o.kind, r.group_code
FROM cycle.recipient r
JOIN registry.organization o USING (organization_id)
WHERE r.cycle_id = :cycle_id
ORDER BY r.position
