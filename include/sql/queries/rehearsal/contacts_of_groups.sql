-- Which contacts in use have the offices of these lists, in the order in which they are used?
SELECT k.organization_id, k.email
FROM registry.contact k
WHERE k.state = 'active' AND EXISTS (
    SELECT FROM registry.group_member g
    WHERE g.organization_id = k.organization_id AND g.group_code = ANY(CAST(:groups AS text[])))
ORDER BY k.organization_id, k.role = 'copy', k.position, k.contact_id
