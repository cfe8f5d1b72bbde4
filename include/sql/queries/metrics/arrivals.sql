-- How many deliveries are not handled yet, how long does the oldest wait, and when did the last one come? By the machine's clock.
SELECT CAST(:mode AS text) AS mode,
       count(*) AS arrivals_unanswered,
       coalesce(max(extract(epoch FROM now() - a.collected_at)), 0) AS oldest_unanswered_arrival_seconds,
       (SELECT extract(epoch FROM now() - l.collected_at)
        FROM intake.arrival l
        WHERE l.mode = :mode
        ORDER BY l.arrival_id DESC
        LIMIT 1) AS last_arrival_seconds
FROM intake.arrival a
WHERE a.handled_at IS NULL AND a.mode = :mode
