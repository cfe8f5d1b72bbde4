-- Which workbooks came in, from whom, when, and with what result (or: taken back, a draft, in a conflict)?
SELECT r.organization_id, s.version, s.channel, s.sender, s.filename, s.sent_at, s.received_at,
       CASE WHEN EXISTS (SELECT FROM intake.submission_withdrawal w WHERE w.submission_id = s.submission_id) THEN 'withdrawn'
            WHEN s.kind = 'draft' THEN 'draft'
            WHEN EXISTS (SELECT FROM intake.conflict k
                         WHERE k.other_submission_id = s.submission_id AND k.decided_at IS NULL) THEN 'conflict'
            ELSE s.outcome END AS outcome,
       s.entered_for_reason, coalesce(s.submission_id = c.submission_id, false) AS is_current, s.kind, s.source_rank,
       count(f.position) FILTER (WHERE f.severity = 'error') AS error_count,
       count(f.position) FILTER (WHERE f.severity = 'warning') AS warning_count
FROM intake.submission s
JOIN cycle.recipient r ON r.recipient_id = s.recipient_id
LEFT JOIN core.current_submission c ON c.cycle_id = s.cycle_id AND c.recipient_id = s.recipient_id
LEFT JOIN intake.finding f ON f.submission_id = s.submission_id
WHERE s.cycle_id = :cycle_id
GROUP BY r.position, r.organization_id, s.submission_id, c.submission_id
ORDER BY r.position, s.version
