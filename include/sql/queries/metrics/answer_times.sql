-- How long did offices wait for an answer, from when their delivery was taken over until the answer was sent? Of the last
-- 1,000 versions, those of the last 24 hours; by the machine's clock.
WITH answered AS (
    SELECT a.mode, extract(epoch FROM e.recorded_at - a.collected_at) AS seconds
    FROM (SELECT s.cycle_id, s.recipient_id, s.arrival_id, s.checked_at
          FROM intake.submission s
          ORDER BY s.submission_id DESC
          LIMIT 1000) v
    JOIN intake.arrival a ON a.arrival_id = v.arrival_id AND a.collected_at > now() - interval '24 hours'
    CROSS JOIN LATERAL (
        SELECT min(n.recorded_at) AS recorded_at
        FROM cycle.message m
        JOIN cycle.message_event n ON n.message_id = m.message_id AND n.state = 'sent'
        WHERE m.cycle_id = v.cycle_id AND m.recipient_id = v.recipient_id AND m.dated_at = v.checked_at
          AND m.step ~ '^(receipt|completion_request|repeat|explained|system_fault(__[0-9]+)?)$'
    ) e
    WHERE e.recorded_at IS NOT NULL
)
SELECT a.mode, q.quantile::text AS quantile,
       percentile_cont(q.quantile) WITHIN GROUP (ORDER BY a.seconds) AS answer_seconds
FROM answered a
CROSS JOIN unnest(ARRAY[0.5, 0.95, 1]::double precision[]) AS q (quantile)
GROUP BY a.mode, q.quantile
