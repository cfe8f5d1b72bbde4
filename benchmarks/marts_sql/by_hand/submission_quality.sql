-- Every version with what was found in it.
SELECT r.cycle_id, r.recipient_id, r.organization_id, r.position, r.short_name, r.group_code,
       coalesce(s.region_scheme, '') AS region_scheme, coalesce(g.region, '') AS region,
       v.submission_id, v.version, v.kind, v.channel, v.outcome, v.received_at, v.checked_at,
       u.submission_id IS NOT NULL AS is_current, w.submission_id IS NOT NULL AS is_withdrawn,
       f.first_version IS NOT NULL AS is_first,
       f.first_version IS NOT NULL AND v.outcome IN ('accepted', 'accepted_with_warnings') AS is_first_pass,
       coalesce(n.errors, 0)::integer AS error_count, coalesce(n.warnings, 0)::integer AS warning_count,
       coalesce(n.explained, 0)::integer AS explained_count, coalesce(n.waived, 0)::integer AS waived_count
FROM cycle.recipient r
JOIN cycle.cycle c ON c.cycle_id = r.cycle_id
LEFT JOIN registry.region_scheme s ON c.request_on >= s.valid_from AND (s.valid_to IS NULL OR c.request_on < s.valid_to)
LEFT JOIN registry.organization_region g ON g.organization_id = r.organization_id AND g.region_scheme = s.region_scheme
JOIN intake.submission v ON v.recipient_id = r.recipient_id
LEFT JOIN core.current_submission u ON u.submission_id = v.submission_id
LEFT JOIN intake.submission_withdrawal w ON w.submission_id = v.submission_id
LEFT JOIN (
    SELECT x.recipient_id, min(x.version) AS first_version
    FROM intake.submission x
    LEFT JOIN intake.submission_withdrawal y USING (submission_id)
    WHERE x.kind <> 'draft' AND x.outcome <> 'duplicate' AND x.channel <> 'ministry_entry' AND y.submission_id IS NULL
    GROUP BY x.recipient_id
) f ON f.recipient_id = v.recipient_id AND f.first_version = v.version
LEFT JOIN (
    SELECT submission_id, count(*) FILTER (WHERE severity = 'error') AS errors,
           count(*) FILTER (WHERE severity = 'warning') AS warnings, count(explanation) AS explained,
           count(rule_waiver_id) AS waived
    FROM intake.finding
    GROUP BY submission_id
) n ON n.submission_id = v.submission_id
WHERE r.role = 'owes'
