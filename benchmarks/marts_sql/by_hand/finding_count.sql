-- Every rule that found something, per recipient.
SELECT r.cycle_id, r.recipient_id, r.organization_id, r.position, r.short_name, r.group_code,
       coalesce(s.region_scheme, '') AS region_scheme, coalesce(g.region, '') AS region,
       f.rule, f.severity, f.stage, count(*)::integer AS finding_count, count(DISTINCT f.submission_id)::integer AS version_count,
       count(f.explanation)::integer AS explained_count, count(f.rule_waiver_id)::integer AS waived_count
FROM cycle.recipient r
JOIN cycle.cycle c ON c.cycle_id = r.cycle_id
LEFT JOIN registry.region_scheme s ON c.request_on >= s.valid_from AND (s.valid_to IS NULL OR c.request_on < s.valid_to)
LEFT JOIN registry.organization_region g ON g.organization_id = r.organization_id AND g.region_scheme = s.region_scheme
JOIN intake.submission v ON v.recipient_id = r.recipient_id
JOIN intake.finding f ON f.submission_id = v.submission_id
WHERE r.role = 'owes'
GROUP BY r.recipient_id, s.region_scheme, g.region, f.rule, f.severity, f.stage
