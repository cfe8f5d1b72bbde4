-- Which contacts in use have the offices of these lists, in the order in which they are used?
SELECT DISTINCT k.organization_id, k.email, k.role, k.position, k.contact_id
FROM registry.contact k
JOIN registry.group_member g USING (organization_id)
WHERE g.group_code = ANY(CAST(:groups AS text[])) AND k.state = 'active'
ORDER BY k.organization_id, k.role = 'copy', k.position, k.contact_id
