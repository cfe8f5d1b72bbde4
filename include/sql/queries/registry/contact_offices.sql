-- Which offices exist on :on_day, under which name? Central offices first, then the provinces'.
SELECT o.organization_id, n.name, n.short_name
FROM registry.organization o
JOIN registry.organization_name n
    ON n.organization_id = o.organization_id
    AND n.valid_from <= :on_day
    AND (n.valid_to IS NULL OR n.valid_to > :on_day)
WHERE o.valid_from <= :on_day AND (o.valid_to IS NULL OR o.valid_to > :on_day)
ORDER BY array_position(ARRAY['ministry', 'government_agency', 'province_committee', 'province_department'], o.kind),
         o.organization_id
