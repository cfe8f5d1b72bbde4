-- At which steps was each recipient reminded, when, and did an answer come within 48 hours?
SELECT p.cycle_id, p.recipient_id, p.organization_id, p.position, p.short_name, p.group_code, p.region_scheme, p.region,
       m.step, m.sent_at, a.answered_at,
       coalesce(a.answered_at <= m.sent_at + interval '48 hours', false) AS is_answered_in_48h
FROM cycle.recipient_place p
JOIN (
    SELECT y.cycle_id, y.recipient_id, y.step, coalesce(min(e.occurred_at), min(y.dated_at)) AS sent_at
    FROM cycle.message y
    LEFT JOIN cycle.message_event e ON e.message_id = y.message_id AND e.state IN ('sent', 'ambiguous')
    WHERE (y.step LIKE 'reminder%' OR y.step IN ('urging', 'escalation')) AND y.state IN ('sent', 'ambiguous')
    GROUP BY y.cycle_id, y.recipient_id, y.step
) m ON m.cycle_id = p.cycle_id AND m.recipient_id = p.recipient_id
LEFT JOIN LATERAL (
    SELECT min(x.at) AS answered_at
    FROM (
        SELECT s.received_at AS at
        FROM intake.submission s
        WHERE s.recipient_id = p.recipient_id AND s.kind <> 'draft' AND s.channel <> 'ministry_entry'
          AND s.outcome <> 'duplicate'
          AND NOT EXISTS (SELECT FROM intake.submission_withdrawal w WHERE w.submission_id = s.submission_id)
        UNION ALL
        SELECT d.entered_at
        FROM intake.document_answer v
        JOIN intake.incoming_document d USING (incoming_document_id)
        WHERE v.recipient_id = p.recipient_id
        UNION ALL
        SELECT r.received_at FROM intake.reply r WHERE r.recipient_id = p.recipient_id
        UNION ALL
        SELECT n.confirmed_at
        FROM intake.nil_return n
        JOIN cycle.obligation o USING (obligation_id)
        WHERE o.recipient_id = p.recipient_id AND n.undone_at IS NULL
    ) x
    WHERE x.at > m.sent_at
) a ON true
