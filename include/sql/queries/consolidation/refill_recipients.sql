-- The rows of a mart for some recipients, each found by its own number (OFFSET keeps the planner from joining first).
INSERT INTO mart.{mart}
SELECT filled.*
FROM unnest(CAST(:recipient_ids AS bigint[])) AS stale (recipient_id)
CROSS JOIN LATERAL (SELECT * FROM ({select}) one WHERE one.recipient_id = stale.recipient_id OFFSET 0) filled
