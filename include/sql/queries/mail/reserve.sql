-- Reserve the next messages for a deliverer, with all they say, in the order in which they were queued. They stay queued:
-- what a deliverer that died had reserved is released by the next one. `tried` were put off in this pass already; in `closed` cycles nobody
-- is reminded now, but what became obsolete is withdrawn. What may have been sent before a restore waits for a decision.
UPDATE cycle.message m
SET claimed_by = :deliverer, claimed_at = :wall_now
FROM (
    SELECT q.message_id, c.mode, k.display_name, r.reference_code
    FROM cycle.message q
    JOIN cycle.cycle c USING (cycle_id)
    JOIN cycle.clock t ON t.clock_id = c.clock_id AND NOT t.keeps_mail
    JOIN registry.contact k USING (contact_id)
    JOIN cycle.recipient r USING (recipient_id)
    WHERE q.state = 'queued' AND q.claimed_by IS NULL
      AND (CAST(:cycle_id AS text) IS NULL OR q.cycle_id = :cycle_id)
      AND q.message_id <> ALL (CAST(:tried AS bigint[]))
      AND NOT (q.cycle_id = ANY (CAST(:closed AS text[])) AND cycle.waits_for_office_hours(q.step)
               AND cycle.why_obsolete(q, CAST(:wall_now AS timestamptz)) IS NULL)
      AND c.mode <> ALL (CAST(:modes_without_server AS text[]))
      AND (NOT EXISTS (SELECT FROM audit.open_restore) OR cycle.in_doubt_since(q) IS NULL)
      AND NOT EXISTS (SELECT FROM cycle.switch s WHERE s.name = 'mail_stopped' AND s.is_on)
    ORDER BY q.message_id
    LIMIT :count
    FOR UPDATE OF q SKIP LOCKED
) next
WHERE m.message_id = next.message_id
RETURNING m.message_id, m.cycle_id, m.recipient_id, m.contact_id, m.step, m.to_address, next.display_name, m.subject,
    m.body_text, m.body_html, m.attachments, m.message_id_header, m.in_reply_to, m.dated_at, m.when_unknown, next.mode, next.reference_code
