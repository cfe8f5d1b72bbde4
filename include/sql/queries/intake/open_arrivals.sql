-- Which deliveries wait to be handled, in the order in which they reached us? As many as `max_bytes` hold, the first in
-- any case; of these alone, where `only` names some.
SELECT arrival_id, channel, mode, raw_sha256, filename, from_address, named_code, sent_at, received_at
FROM (
    SELECT o.*, sum(f.byte_count) OVER (ORDER BY o.received_at, o.arrival_id) - f.byte_count AS bytes_before
    FROM (
        SELECT *
        FROM intake.arrival
        WHERE handled_at IS NULL AND arrival_id <> ALL(CAST(:except AS bigint[]))
          AND (CAST(:only AS bigint[]) IS NULL OR arrival_id = ANY(CAST(:only AS bigint[])))
        ORDER BY received_at, arrival_id
        LIMIT :limit
    ) o
    JOIN intake.archived_file f ON f.sha256 = o.raw_sha256
) one_by_one
WHERE bytes_before < :max_bytes
ORDER BY received_at, arrival_id
