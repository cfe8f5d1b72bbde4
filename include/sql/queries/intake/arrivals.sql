-- What is known of these deliveries, in the order in which they reached us?
SELECT arrival_id, channel, mode, raw_sha256, channel_key, from_address, message_id_header, subject, sent_at, received_at
FROM intake.arrival
WHERE arrival_id = ANY(CAST(:arrival_ids AS bigint[]))
ORDER BY received_at, arrival_id
