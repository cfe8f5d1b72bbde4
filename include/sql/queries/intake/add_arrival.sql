-- Note a delivery; its number, none where it came before: the same content through the same channel is one delivery, in a
-- folder under the same key (a file laid there anew is a new one).
INSERT INTO intake.arrival (channel, mode, raw_sha256, channel_key, filename, envelope, from_address, named_code,
                            message_id_header, in_reply_to, subject, sent_at, received_at)
VALUES (:channel, :mode, :raw_sha256, :channel_key, :filename, CAST(:envelope AS jsonb), :from_address, :named_code,
        :message_id_header, :in_reply_to, :subject, :sent_at, :received_at)
ON CONFLICT DO NOTHING
RETURNING arrival_id
