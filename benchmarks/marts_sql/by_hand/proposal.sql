-- All the rows of open tables that count.
SELECT r.cycle_id, r.recipient_id, r.organization_id, r.position, r.short_name, r.group_code,
       coalesce(s.region_scheme, '') AS region_scheme, coalesce(g.region, '') AS region,
       n.list, n.position AS row_number, n.content, n.submission_id,
       coalesce(n.carried_from, n.submission_id) AS file_submission_id, n.sheet, n.first_cell
FROM cycle.recipient r
JOIN cycle.cycle c ON c.cycle_id = r.cycle_id
LEFT JOIN registry.region_scheme s ON c.request_on >= s.valid_from AND (s.valid_to IS NULL OR c.request_on < s.valid_to)
LEFT JOIN registry.organization_region g ON g.organization_id = r.organization_id AND g.region_scheme = s.region_scheme
JOIN core.current_submission u ON u.recipient_id = r.recipient_id
JOIN core.list_row n ON n.submission_id = u.submission_id
WHERE r.role = 'owes'
