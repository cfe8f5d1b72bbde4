-- What became of every version that came, and how much was found in it?
SELECT p.cycle_id, p.recipient_id, p.organization_id, p.position, p.short_name, p.group_code, p.region_scheme, p.region,
       s.submission_id, s.version, s.kind, s.channel, s.outcome, s.received_at, s.checked_at,
       coalesce(s.submission_id = p.submission_id, false) AS is_current, w.submission_id IS NOT NULL AS is_withdrawn,
       f.submission_id IS NOT NULL AS is_first,
       f.submission_id IS NOT NULL AND s.outcome IN ('accepted', 'accepted_with_warnings') AS is_first_pass,
       coalesce(n.error_count, 0) AS error_count, coalesce(n.warning_count, 0) AS warning_count,
       coalesce(n.explained_count, 0) AS explained_count, coalesce(n.waived_count, 0) AS waived_count
FROM mart.recipient p
JOIN intake.submission s ON s.recipient_id = p.recipient_id
LEFT JOIN intake.submission_withdrawal w ON w.submission_id = s.submission_id
LEFT JOIN (
    SELECT DISTINCT ON (x.recipient_id) x.recipient_id, x.submission_id
    FROM intake.submission x
    WHERE x.kind <> 'draft' AND x.outcome <> 'duplicate' AND x.channel <> 'ministry_entry'
      AND NOT EXISTS (SELECT FROM intake.submission_withdrawal y WHERE y.submission_id = x.submission_id)
    ORDER BY x.recipient_id, x.version
) f ON f.recipient_id = p.recipient_id AND f.submission_id = s.submission_id
LEFT JOIN (
    SELECT y.recipient_id, y.submission_id, count(*) FILTER (WHERE i.severity = 'error') AS error_count,
           count(*) FILTER (WHERE i.severity = 'warning') AS warning_count,
           count(i.explanation) AS explained_count, count(i.rule_waiver_id) AS waived_count
    FROM intake.submission y
    JOIN intake.finding i ON i.submission_id = y.submission_id
    GROUP BY y.recipient_id, y.submission_id
) n ON n.recipient_id = p.recipient_id AND n.submission_id = s.submission_id
