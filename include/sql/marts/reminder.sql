-- At which steps was each recipient reminded, when, and did an answer come within 48 hours? What came is dated as in
-- cycle.obligation_status: by the time sent; papers by the day they bear, which is not before the day of the reminder.
SELECT p.cycle_id, p.recipient_id, p.organization_id, p.position, p.short_name, p.group_code, p.region_scheme, p.region,
       q.step, q.sent_at, q.answered_at,
       coalesce(q.answered_at <= q.sent_at + interval '48 hours', false) AS is_answered_in_48h
FROM mart.recipient p
JOIN (
    SELECT m.recipient_id, m.step, m.sent_at, CASE WHEN min(a.at) IS NOT NULL THEN greatest(min(a.at), m.sent_at) END AS answered_at
    FROM (
        SELECT y.recipient_id, y.step, coalesce(min(e.occurred_at), min(y.dated_at)) AS sent_at
        FROM cycle.message y
        LEFT JOIN cycle.message_event e ON e.message_id = y.message_id AND e.state IN ('sent', 'ambiguous')
        WHERE (y.step LIKE 'reminder%' OR y.step IN ('urging', 'escalation')) AND y.state IN ('sent', 'ambiguous')
        GROUP BY y.recipient_id, y.step
    ) m
    LEFT JOIN (
        SELECT s.recipient_id, false AS is_paper,
               CASE WHEN s.sent_at BETWEEN s.received_at - interval '3 days' AND s.received_at
                    THEN s.sent_at ELSE s.received_at END AS at
        FROM intake.submission s
        WHERE s.kind <> 'draft' AND s.channel <> 'ministry_entry' AND s.outcome <> 'duplicate'
          AND NOT EXISTS (SELECT FROM intake.submission_withdrawal w WHERE w.submission_id = s.submission_id)
        UNION ALL
        SELECT v.recipient_id, true, cycle.day_begins_at(d.sent_on)
        FROM intake.document_answer v
        JOIN intake.incoming_document d ON d.incoming_document_id = v.incoming_document_id
        UNION ALL
        SELECT x.recipient_id, true, cycle.day_begins_at(x.received_on)
        FROM intake.confidential_answer x
        WHERE x.undone_at IS NULL
        UNION ALL
        SELECT r.recipient_id, false, r.received_at FROM intake.reply r
        UNION ALL
        SELECT o.recipient_id, false, n.confirmed_at
        FROM intake.nil_return n
        JOIN cycle.obligation o ON o.obligation_id = n.obligation_id
        WHERE n.undone_at IS NULL
    ) a ON a.recipient_id = m.recipient_id
       AND CASE WHEN a.is_paper THEN cycle.day_in_vietnam(a.at) >= cycle.day_in_vietnam(m.sent_at) ELSE a.at > m.sent_at END
    GROUP BY m.recipient_id, m.step, m.sent_at
) q ON q.recipient_id = p.recipient_id
