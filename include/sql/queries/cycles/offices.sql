-- Whom does this cycle address, through which list, and in which region of the country do they lie?
SELECT r.recipient_id, r.organization_id, r.reference_code, r.name, r.short_name, r.group_code, r.role, g.region
FROM cycle.recipient r
LEFT JOIN registry.organization_region g
    ON g.organization_id = r.organization_id AND g.region_scheme = registry.region_scheme_on(:request_on)
WHERE r.cycle_id = :cycle_id
ORDER BY r.position
