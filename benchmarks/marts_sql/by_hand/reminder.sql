-- Every reminder with what came after it.
WITH answer AS (
    SELECT v.recipient_id, false AS is_paper,
           CASE WHEN v.sent_at BETWEEN v.received_at - interval '3 days' AND v.received_at THEN v.sent_at ELSE v.received_at END AS at
    FROM intake.submission v
    LEFT JOIN intake.submission_withdrawal w USING (submission_id)
    WHERE v.kind <> 'draft' AND v.channel <> 'ministry_entry' AND v.outcome <> 'duplicate' AND w.submission_id IS NULL
    UNION ALL
    SELECT a.recipient_id, true, d.sent_on::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'
    FROM intake.document_answer a JOIN intake.incoming_document d USING (incoming_document_id)
    UNION ALL
    SELECT recipient_id, true, received_on::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh'
    FROM intake.confidential_answer WHERE undone_at IS NULL
    UNION ALL
    SELECT recipient_id, false, received_at FROM intake.reply
    UNION ALL
    SELECT o.recipient_id, false, n.confirmed_at
    FROM intake.nil_return n
    JOIN cycle.obligation o USING (obligation_id)
    WHERE n.undone_at IS NULL
), sent AS (
    SELECT m.recipient_id, m.step, coalesce(min(e.occurred_at), min(m.dated_at)) AS sent_at
    FROM cycle.message m
    LEFT JOIN cycle.message_event e ON e.message_id = m.message_id AND e.state IN ('sent', 'ambiguous')
    WHERE (m.step LIKE 'reminder%' OR m.step IN ('urging', 'escalation')) AND m.state IN ('sent', 'ambiguous')
    GROUP BY m.recipient_id, m.step
), answered AS (
    SELECT m.recipient_id, m.step, m.sent_at, CASE WHEN min(a.at) IS NOT NULL THEN greatest(min(a.at), m.sent_at) END AS answered_at
    FROM sent m
    LEFT JOIN answer a ON a.recipient_id = m.recipient_id
        AND CASE WHEN a.is_paper THEN a.at >= date_trunc('day', m.sent_at, 'Asia/Ho_Chi_Minh') ELSE a.at > m.sent_at END
    GROUP BY m.recipient_id, m.step, m.sent_at
)
SELECT r.cycle_id, r.recipient_id, r.organization_id, r.position, r.short_name, r.group_code,
       coalesce(s.region_scheme, '') AS region_scheme, coalesce(g.region, '') AS region,
       a.step, a.sent_at, a.answered_at, coalesce(a.answered_at <= a.sent_at + interval '48 hours', false) AS is_answered_in_48h
FROM cycle.recipient r
JOIN cycle.cycle c ON c.cycle_id = r.cycle_id
LEFT JOIN registry.region_scheme s ON c.request_on >= s.valid_from AND (s.valid_to IS NULL OR c.request_on < s.valid_to)
LEFT JOIN registry.organization_region g ON g.organization_id = r.organization_id AND g.region_scheme = s.region_scheme
JOIN answered a ON a.recipient_id = r.recipient_id
WHERE r.role = 'owes'
