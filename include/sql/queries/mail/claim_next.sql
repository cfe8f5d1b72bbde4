-- Claim the next message to be sent, if there is one and mail is not stopped.
-- Why should it not be sent after all? `obsolete` says so: the contact is no longer in use, or a reminder's recipient
-- owes nothing more of what this step reminds of, a later reminder was written meanwhile, or the cycle was closed. A copy
-- of the urging letter is not sent either when its receiver owes nothing more, or after the close.
UPDATE cycle.message m
SET state = 'sending', claimed_by = :deliverer, claimed_at = :wall_now, attempt_count = attempt_count + 1
FROM (
    SELECT q.message_id, c.mode
    FROM cycle.message q
    JOIN cycle.cycle c USING (cycle_id)
    WHERE q.state = 'queued'
      AND (CAST(:cycle_id AS text) IS NULL OR q.cycle_id = :cycle_id)
      AND q.message_id <> ALL (CAST(:tried AS bigint[]))
      AND c.mode <> ALL (CAST(:modes_without_server AS text[]))
      AND NOT EXISTS (SELECT FROM cycle.switch s WHERE s.name = 'mail_stopped' AND s.is_on)
    ORDER BY q.message_id
    LIMIT 1
    FOR UPDATE OF q SKIP LOCKED
) next
WHERE m.message_id = next.message_id
RETURNING m.message_id, next.mode, m.is_resendable, m.attempt_count,
    CASE
        WHEN NOT EXISTS (SELECT FROM registry.contact k WHERE k.contact_id = m.contact_id AND k.state = 'active')
            THEN 'contact_not_in_use'
        WHEN (m.step LIKE 'reminder\_\_%' OR m.step = 'urging') AND EXISTS (
            SELECT FROM cycle.milestone s WHERE s.cycle_id = m.cycle_id AND s.step = 'close' AND s.done_at IS NOT NULL)
            THEN 'cycle_closed'
        WHEN m.step LIKE 'reminder\_\_%' AND EXISTS (
            SELECT FROM cycle.message n
            WHERE n.recipient_id = m.recipient_id AND n.contact_id = m.contact_id AND n.message_id > m.message_id
              AND n.step LIKE 'reminder\_\_%' AND n.step <> m.step)
            THEN 'superseded'
        WHEN m.step LIKE 'reminder\_\_%' AND NOT EXISTS (
            SELECT FROM cycle.obligation_status o
            JOIN cycle.reminder_plan p USING (obligation_id)
            WHERE o.recipient_id = m.recipient_id AND o.is_outstanding AND p.step = m.step AND p.due_at <= m.dated_at)
            THEN 'nothing_outstanding'
        WHEN m.step = 'urging' AND NOT EXISTS (
            SELECT FROM cycle.obligation_status o WHERE o.recipient_id = m.recipient_id AND o.is_outstanding)
            THEN 'nothing_outstanding'
    END AS obsolete
