-- Which departments did this committee have on that day?
SELECT organization_id
FROM registry.organization
WHERE parent_id = :organization_id AND kind = 'province_department'
  AND valid_from <= :on AND (valid_to IS NULL OR valid_to > :on)
ORDER BY organization_id
