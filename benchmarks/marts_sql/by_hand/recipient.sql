-- Every recipient with the submissions that speak for it.
SELECT r.cycle_id, r.recipient_id, r.organization_id, r.position, r.short_name, r.group_code,
       coalesce(s.region_scheme, '') AS region_scheme, coalesce(g.region, '') AS region,
       u.submission_id, o.recipient_id AS previous_recipient_id
FROM cycle.recipient r
JOIN cycle.cycle c ON c.cycle_id = r.cycle_id
LEFT JOIN registry.region_scheme s ON c.request_on >= s.valid_from AND (s.valid_to IS NULL OR c.request_on < s.valid_to)
LEFT JOIN registry.organization_region g ON g.organization_id = r.organization_id AND g.region_scheme = s.region_scheme
LEFT JOIN core.current_submission u ON u.recipient_id = r.recipient_id
LEFT JOIN cycle.previous_cycle p ON p.cycle_id = r.cycle_id
LEFT JOIN cycle.recipient o ON o.cycle_id = p.previous_cycle_id AND o.organization_id = r.organization_id
WHERE r.role = 'owes'
