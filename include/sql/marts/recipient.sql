-- Who owes something, where does it stand in lists and on the map on the day of the request, which submission speaks for it,
-- and which recipient was the same office in the previous cycle?
SELECT r.cycle_id, r.recipient_id, r.organization_id, r.position, r.short_name, r.group_code,
       coalesce(m.region_scheme, '') AS region_scheme, coalesce(g.region, '') AS region,
       s.submission_id, b.recipient_id AS previous_recipient_id
FROM cycle.recipient r
JOIN cycle.cycle c ON c.cycle_id = r.cycle_id
LEFT JOIN registry.region_scheme m
    ON m.valid_from <= c.request_on AND (m.valid_to IS NULL OR c.request_on < m.valid_to)
LEFT JOIN registry.organization_region g
    ON g.organization_id = r.organization_id AND g.region_scheme = m.region_scheme
LEFT JOIN core.current_submission s ON s.recipient_id = r.recipient_id
LEFT JOIN cycle.previous_cycle p ON p.cycle_id = r.cycle_id
LEFT JOIN cycle.recipient b ON b.cycle_id = p.previous_cycle_id AND b.organization_id = r.organization_id
WHERE r.role = 'owes'
