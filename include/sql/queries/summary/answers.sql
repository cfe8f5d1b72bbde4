-- What does each office owe, or may it give, in the order of the list, and how did it answer: when, in time or late at
-- this moment, by which document?
SELECT r.recipient_id, r.organization_id, r.group_code, r.name, r.short_name, s.deliverable, s.kind, s.state,
       s.first_received_at, s.is_opt_in,
       CASE WHEN s.state = 'waived' THEN 'waived'
            WHEN s.state = 'confidential' AND s.first_received_at IS NULL THEN 'confidential'
            WHEN s.first_received_at IS NULL AND s.is_opt_in THEN 'optional'
            WHEN s.first_received_at IS NULL
                THEN CASE WHEN s.state = 'closed_missing' OR cycle.is_late(:now, s.due_at) THEN 'missing'
                          ELSE 'not_due' END
            WHEN s.due_at IS NULL THEN 'undated'  -- no fixed day: neither in time nor late
            WHEN NOT cycle.is_late(s.first_received_at, s.original_due_at) THEN 'on_time'
            WHEN NOT cycle.is_late(s.first_received_at, s.due_at) THEN 'extended_on_time'
            ELSE 'late' END AS timeliness,
       cycle.days_late(s.first_received_at, s.due_at) AS days_late,
       d.registered_number, d.document_number, d.signed_on, d.sent_on, d.received_on, d.signer, d.capacity,
       (SELECT count(DISTINCT m.step) FROM cycle.message m
        WHERE m.recipient_id = r.recipient_id AND m.step LIKE 'reminder%' AND m.state IN ('sent', 'ambiguous'))
           AS reminder_count
FROM cycle.obligation_status s
JOIN cycle.recipient r USING (recipient_id)
JOIN cycle.deliverable v ON v.cycle_id = s.cycle_id AND v.deliverable = s.deliverable
LEFT JOIN LATERAL (
    SELECT i.*
    FROM intake.document_answer a
    JOIN intake.incoming_document i USING (incoming_document_id)
    WHERE a.recipient_id = s.recipient_id AND a.deliverable = s.deliverable
    ORDER BY i.issuer = 'recipient' DESC, i.incoming_document_id DESC
    LIMIT 1
) d ON true
WHERE s.cycle_id = :cycle_id AND r.role = 'owes'
ORDER BY r.position, v.position
