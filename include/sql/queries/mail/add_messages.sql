-- Put messages into the ledger (a JSON array), with the event that says so; nothing happens for keys that are there already.
WITH added AS (
    INSERT INTO cycle.message
        (cycle_id, recipient_id, contact_id, step, sequence, to_address, subject, body_text, body_html,
         attachments, message_id_header, in_reply_to, dated_at, when_unknown)
    SELECT :cycle_id, m.recipient_id, m.contact_id, m.step, m.sequence, m.to_address, m.subject, m.body_text, m.body_html,
           m.attachments, m.message_id_header, m.in_reply_to, :dated_at, m.when_unknown
    FROM json_to_recordset(CAST(:messages AS json)) AS m (
        recipient_id bigint, contact_id bigint, step text, sequence integer, to_address text, subject text,
        body_text text, body_html text, attachments jsonb, message_id_header text, in_reply_to text, when_unknown text)
    ON CONFLICT DO NOTHING
    RETURNING message_id
),
noted AS (
    INSERT INTO cycle.message_event (message_id, state, occurred_at)
    SELECT message_id, 'queued', :dated_at
    FROM added
)
SELECT message_id FROM added ORDER BY message_id
