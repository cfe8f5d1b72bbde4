-- Put one message into the ledger; nothing happens when its key is there already.
INSERT INTO cycle.message
    (cycle_id, recipient_id, contact_id, step, sequence, to_address, subject, body_text, body_html,
     attachments, message_id_header, in_reply_to, dated_at, when_unknown)
VALUES
    (:cycle_id, :recipient_id, :contact_id, :step, :sequence, :to_address, :subject, :body_text, :body_html,
     CAST(:attachments AS jsonb), :message_id_header, :in_reply_to, :dated_at, :when_unknown)
ON CONFLICT DO NOTHING
RETURNING message_id
