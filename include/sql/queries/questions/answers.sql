-- What was asked, what value stood on record, and what did each office answer?
SELECT r.position AS office_position, r.reference_code, r.short_name, q.position, q.label, q.wording, q.value_seen, q.sheet,
       q.cell, a.body, a.received_at, a.entered_by
FROM cycle.recipient r
LEFT JOIN cycle.question q USING (recipient_id)
LEFT JOIN LATERAL (
    SELECT string_agg(y.body, E'\n\n' ORDER BY y.received_at, y.reply_id) AS body, max(y.received_at) AS received_at,
           string_agg(DISTINCT y.entered_by, ', ') AS entered_by
    FROM intake.reply y
    WHERE y.recipient_id = r.recipient_id
) a ON true
WHERE r.cycle_id = :cycle_id AND r.role = 'owes'
ORDER BY r.position, q.position
