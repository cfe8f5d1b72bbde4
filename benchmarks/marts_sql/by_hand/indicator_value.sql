-- Every mark and number, with what the same office reported a cycle ago.
WITH current AS MATERIALIZED (SELECT recipient_id, submission_id FROM core.current_submission),
before AS MATERIALIZED (
    SELECT n.recipient_id, u.submission_id
    FROM cycle.previous_cycle p
    JOIN cycle.recipient n ON n.cycle_id = p.cycle_id
    JOIN cycle.recipient o ON o.cycle_id = p.previous_cycle_id AND o.organization_id = n.organization_id
    JOIN current u ON u.recipient_id = o.recipient_id
)
SELECT r.cycle_id, r.recipient_id, r.organization_id, r.position, r.short_name, r.group_code,
       coalesce(s.region_scheme, '') AS region_scheme, coalesce(g.region, '') AS region,
       a.indicator, a.year, a.kind, f.state, f.is_marked, f.value, a.unit, f.document_number, f.document_on, f.submission_id,
       coalesce(f.carried_from, f.submission_id) AS file_submission_id, f.sheet, f.cell,
       e.state AS previous_state, e.value AS previous_value
FROM cycle.recipient r
JOIN cycle.cycle c ON c.cycle_id = r.cycle_id
LEFT JOIN registry.region_scheme s ON c.request_on >= s.valid_from AND (s.valid_to IS NULL OR c.request_on < s.valid_to)
LEFT JOIN registry.organization_region g ON g.organization_id = r.organization_id AND g.region_scheme = s.region_scheme
JOIN mart.asked_value a ON a.cycle_id = r.cycle_id
LEFT JOIN current u ON u.recipient_id = r.recipient_id
LEFT JOIN core.fact f ON f.submission_id = u.submission_id AND f.indicator = a.indicator AND f.year = a.year
LEFT JOIN before b ON b.recipient_id = r.recipient_id
LEFT JOIN core.fact e ON e.submission_id = b.submission_id AND e.indicator = a.indicator AND e.year = a.previous_year
WHERE r.role = 'owes'
