-- For which recipients of which cycles does each of these deliveries speak, and by which sign: the mail it answers, a
-- look-up code in its subject, its sender (a contact of the office; a contact of a department of the committee that
-- owes; an address that a person taught us), or the code for which its workbook was signed? Only cycles of its own mode.
WITH asked AS (
    SELECT a.*
    FROM jsonb_to_recordset(CAST(:deliveries AS jsonb))
         AS a (number integer, answers jsonb, codes jsonb, from_address text, signed jsonb)
),
signs AS (
    SELECT a.number, m.recipient_id, 'thread' AS sign
    FROM asked a
    CROSS JOIN jsonb_array_elements_text(a.answers) AS h (message_id)
    JOIN cycle.message m ON m.message_id_header = h.message_id
    UNION
    SELECT a.number, r.recipient_id, 'code'
    FROM asked a
    CROSS JOIN jsonb_array_elements_text(a.codes) AS h (code)
    JOIN cycle.recipient r ON r.reference_code = h.code
    UNION
    SELECT a.number, r.recipient_id, 'address'
    FROM asked a
    JOIN registry.contact k ON k.email = a.from_address AND k.state <> 'retired'
    JOIN cycle.recipient r ON r.organization_id = k.organization_id
    UNION
    SELECT a.number, r.recipient_id, 'department'
    FROM asked a
    JOIN registry.contact k ON k.email = a.from_address AND k.state <> 'retired'
    JOIN registry.organization o ON o.organization_id = k.organization_id AND o.kind = 'province_department'
    JOIN cycle.recipient r ON r.organization_id = o.parent_id AND r.role = 'owes'
    UNION
    SELECT a.number, r.recipient_id, 'alias'
    FROM asked a
    JOIN registry.sender_alias s ON s.email = a.from_address AND s.undone_at IS NULL
    JOIN cycle.recipient r ON r.organization_id = s.organization_id
    UNION
    SELECT a.number, r.recipient_id, 'signature'
    FROM asked a
    CROSS JOIN jsonb_array_elements_text(a.signed) AS h (code)
    JOIN cycle.recipient r ON r.reference_code = h.code
)
SELECT s.number, s.sign, s.recipient_id, r.cycle_id, r.reference_code, r.short_name,
       EXISTS (SELECT FROM cycle.milestone m
               WHERE m.cycle_id = r.cycle_id AND m.step = 'close' AND m.done_at IS NOT NULL) AS is_closed,
       EXISTS (SELECT FROM cycle.document d JOIN cycle.publication p USING (document_id)
               WHERE d.cycle_id = r.cycle_id AND d.kind = 'summary_report') AS is_published
FROM signs s
JOIN cycle.recipient r USING (recipient_id)
JOIN cycle.cycle c USING (cycle_id)
WHERE c.mode = :mode
ORDER BY s.number, s.sign, r.cycle_id, r.position
