-- What was every office that ever was called last?
SELECT DISTINCT ON (organization_id) organization_id, name, short_name
FROM registry.organization_name
ORDER BY organization_id, valid_from DESC
