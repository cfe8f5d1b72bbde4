-- Which offices of this cycle can owe something, through which list, and whose offices are they?
SELECT r.recipient_id, r.organization_id, r.group_code, o.parent_id
FROM cycle.recipient r
JOIN registry.organization o USING (organization_id)
WHERE r.cycle_id = :cycle_id AND r.role = 'owes'
ORDER BY r.position
