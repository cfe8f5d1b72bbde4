-- Which few offices, from the beginning of a list, make a list of their own? Adds it, once.
INSERT INTO registry.group_member (group_code, organization_id, position, valid_from)
SELECT :few, organization_id, position, valid_from
FROM registry.group_member
WHERE group_code = :group
ORDER BY position
LIMIT :count
ON CONFLICT DO NOTHING
