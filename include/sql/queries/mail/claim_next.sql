-- In one step: write that the message `sent` was sent, and begin the send of the reserved message `next`, if mail is not
-- stopped and it is still right to send it at this moment. Either may be null. One row: whether mail is stopped, the
-- state that `next` has now (null: it was not touched), and why, if it is withdrawn:
-- the contact is no longer in use, or a reminder's recipient owes nothing more of what this step reminds of, a later
-- reminder was written meanwhile, or the cycle was closed. A copy of the urging letter is not sent either when its
-- receiver owes nothing more, or after the close.
WITH finished AS (
    UPDATE cycle.message
    SET state = 'sent', claimed_by = NULL
    WHERE message_id = CAST(:sent AS bigint) AND state = 'sending' AND claimed_by = CAST(:deliverer AS text)
    RETURNING message_id, cycle_id
),
mail AS (
    SELECT EXISTS (SELECT FROM cycle.switch s WHERE s.name = 'mail_stopped' AND s.is_on) AS is_stopped
),
begun AS (
    UPDATE cycle.message q
    SET state = CASE WHEN judged.obsolete IS NULL THEN 'sending' ELSE 'withdrawn' END,
        claimed_by = CASE WHEN judged.obsolete IS NULL THEN q.claimed_by END,
        claimed_at = CAST(:wall_now AS timestamptz),
        attempt_count = q.attempt_count + (judged.obsolete IS NULL)::integer
    FROM (
        SELECT m.message_id,
            CASE
                WHEN NOT EXISTS (
                    SELECT FROM registry.contact k WHERE k.contact_id = m.contact_id AND k.state = 'active')
                    THEN 'contact_not_in_use'
                WHEN (m.step LIKE 'reminder\_\_%' OR m.step = 'urging') AND EXISTS (
                    SELECT FROM cycle.milestone s
                    WHERE s.cycle_id = m.cycle_id AND s.step = 'close' AND s.done_at IS NOT NULL)
                    THEN 'cycle_closed'
                WHEN m.step LIKE 'reminder\_\_%' AND cycle.is_paused(m.recipient_id, (
                    SELECT coalesce(k.now_at, CAST(:wall_now AS timestamptz))
                    FROM cycle.cycle c JOIN cycle.clock k USING (clock_id) WHERE c.cycle_id = m.cycle_id))
                    THEN 'paused'  -- after the pause it is written anew, if it is still due then
                WHEN m.step LIKE 'reminder\_\_%' AND EXISTS (
                    SELECT FROM cycle.message n
                    WHERE n.recipient_id = m.recipient_id AND n.contact_id = m.contact_id AND n.message_id > m.message_id
                      AND n.step LIKE 'reminder\_\_%' AND n.step <> m.step)
                    THEN 'superseded'
                WHEN m.step LIKE 'reminder\_\_%' AND NOT EXISTS (
                    SELECT FROM cycle.obligation_status o
                    JOIN cycle.reminder_plan p USING (obligation_id)
                    WHERE o.recipient_id = m.recipient_id AND o.is_outstanding AND p.step = m.step
                      AND p.due_at <= m.dated_at)
                    THEN 'nothing_outstanding'
                WHEN m.step = 'urging' AND NOT EXISTS (
                    SELECT FROM cycle.obligation_status o WHERE o.recipient_id = m.recipient_id AND o.is_outstanding)
                    THEN 'nothing_outstanding'
            END AS obsolete
        FROM cycle.message m
        WHERE m.message_id = CAST(:next AS bigint)
    ) judged, mail
    WHERE q.message_id = judged.message_id AND NOT mail.is_stopped
      AND q.state = 'queued' AND q.claimed_by = CAST(:deliverer AS text)
    RETURNING q.message_id, q.cycle_id, q.state, q.attempt_count, judged.obsolete
),
noted AS (
    INSERT INTO cycle.message_event (message_id, state, occurred_at, detail)
    SELECT change.message_id, change.state, coalesce(k.now_at, CAST(:wall_now AS timestamptz)), change.detail
    FROM (
        SELECT message_id, cycle_id, 'sent' AS state, NULL AS detail FROM finished
        UNION ALL
        SELECT message_id, cycle_id, state, coalesce(obsolete, 'attempt ' || attempt_count) FROM begun
    ) change
    JOIN cycle.cycle c USING (cycle_id)
    JOIN cycle.clock k USING (clock_id)
)
SELECT mail.is_stopped, begun.state, begun.obsolete
FROM mail
LEFT JOIN begun ON true
