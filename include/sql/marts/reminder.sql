-- At which steps was each recipient reminded, when, and did an answer come within 48 hours?
SELECT p.cycle_id, p.recipient_id, p.organization_id, p.position, p.short_name, p.group_code, p.region_scheme, p.region,
       q.step, q.sent_at, q.answered_at,
       coalesce(q.answered_at <= q.sent_at + interval '48 hours', false) AS is_answered_in_48h
FROM mart.recipient p
JOIN (
    SELECT m.recipient_id, m.step, m.sent_at, min(a.at) AS answered_at
    FROM (
        SELECT y.recipient_id, y.step, coalesce(min(e.occurred_at), min(y.dated_at)) AS sent_at
        FROM cycle.message y
        LEFT JOIN cycle.message_event e ON e.message_id = y.message_id AND e.state IN ('sent', 'ambiguous')
        WHERE (y.step LIKE 'reminder%' OR y.step IN ('urging', 'escalation')) AND y.state IN ('sent', 'ambiguous')
        GROUP BY y.recipient_id, y.step
    ) m
    LEFT JOIN (
        SELECT s.recipient_id, s.received_at AS at
        FROM intake.submission s
        WHERE s.kind <> 'draft' AND s.channel <> 'ministry_entry' AND s.outcome <> 'duplicate'
          AND NOT EXISTS (SELECT FROM intake.submission_withdrawal w WHERE w.submission_id = s.submission_id)
        UNION ALL
        SELECT v.recipient_id, d.entered_at
        FROM intake.document_answer v
        JOIN intake.incoming_document d ON d.incoming_document_id = v.incoming_document_id
        UNION ALL
        SELECT r.recipient_id, r.received_at FROM intake.reply r
        UNION ALL
        SELECT o.recipient_id, n.confirmed_at
        FROM intake.nil_return n
        JOIN cycle.obligation o ON o.obligation_id = n.obligation_id
        WHERE n.undone_at IS NULL
    ) a ON a.recipient_id = m.recipient_id AND a.at > m.sent_at
    GROUP BY m.recipient_id, m.step, m.sent_at
) q ON q.recipient_id = p.recipient_id
