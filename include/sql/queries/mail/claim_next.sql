-- In one step: write that the message `sent` was sent, and begin the send of the reserved message `next`, if mail is not
-- stopped and it is still right to send it at this moment (cycle.why_obsolete). Either may be null. One row: whether mail
-- is stopped, the state that `next` has now (null: it was not touched), and why, if it is withdrawn.
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
        SELECT m.message_id, cycle.why_obsolete(m, CAST(:wall_now AS timestamptz)) AS obsolete
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
