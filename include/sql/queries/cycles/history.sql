-- What happened with an office of this cycle (or with the whole cycle), in its order? Mails by their last state, calls,
-- workbooks, documents, and every event that a person can follow.
SELECT at, kind, actor, detail, reference_code, short_name
FROM (
    SELECT m.dated_at AS at, 'mail' AS kind, NULL AS actor, m.recipient_id, 4 AS source, m.message_id AS number,
           jsonb_build_object('step', m.step, 'to', m.to_address, 'subject', m.subject, 'state', m.state) AS detail
    FROM cycle.message m
    WHERE m.cycle_id = :cycle_id
    UNION ALL
    SELECT l.occurred_at, 'call', l.logged_by, l.recipient_id, 1, l.contact_log_id,
           jsonb_build_object('channel', l.channel, 'spoke_with', l.spoke_with, 'summary', l.summary,
                              'promised_on', l.promised_on)
    FROM cycle.contact_log l
    WHERE l.cycle_id = :cycle_id
    UNION ALL
    SELECT s.received_at, 'submission', s.sender, s.recipient_id, 2, s.submission_id,
           jsonb_build_object('version', s.version, 'filename', s.filename, 'outcome', s.outcome)
    FROM intake.submission s
    WHERE s.cycle_id = :cycle_id
    UNION ALL
    SELECT e.occurred_at, e.kind, e.actor, e.recipient_id, 3, e.event_id, e.detail
    FROM audit.event e
    WHERE e.cycle_id = :cycle_id AND e.kind NOT IN ('call_logged', 'submission_checked')
) told
LEFT JOIN cycle.recipient r USING (recipient_id)
WHERE CAST(:recipient_id AS bigint) IS NULL OR recipient_id = :recipient_id
   OR (recipient_id IS NULL
       AND kind IN ('cycle_opened', 'deadline_moved', 'close_moved', 'closed_early', 'cycle_withdrawn'))
ORDER BY at, source, number
