-- For which recipients of which cycles does a message speak, and by which sign: the mail it answers, a look-up code
-- in its subject, or its sender's address? Only cycles of the mailbox's own mode.
WITH signs AS (
    SELECT m.recipient_id, 'thread' AS sign
    FROM cycle.message m
    WHERE m.message_id_header = ANY(CAST(:answers AS text[]))
    UNION
    SELECT r.recipient_id, 'code'
    FROM cycle.recipient r
    WHERE r.reference_code = ANY(CAST(:codes AS text[]))
    UNION
    SELECT r.recipient_id, 'address'
    FROM cycle.recipient r
    JOIN registry.contact c ON c.organization_id = r.organization_id
    WHERE c.email = :from_address AND c.state <> 'retired'
)
SELECT s.sign, s.recipient_id, r.cycle_id, r.reference_code, r.short_name,
       EXISTS (SELECT FROM cycle.milestone m
               WHERE m.cycle_id = r.cycle_id AND m.step = 'close' AND m.done_at IS NOT NULL) AS is_closed,
       EXISTS (SELECT FROM cycle.document d JOIN cycle.publication p USING (document_id)
               WHERE d.cycle_id = r.cycle_id AND d.kind = 'summary_report') AS is_published
FROM signs s
JOIN cycle.recipient r USING (recipient_id)
JOIN cycle.cycle c USING (cycle_id)
WHERE c.mode = :mode
ORDER BY s.sign, r.cycle_id, r.position
