-- The rows of a mart for everything, one recipient after the other, so that those of a cycle lie together in the order of its
-- list.
INSERT INTO mart.{mart}
SELECT filled.*
FROM (SELECT recipient_id FROM mart.recipient ORDER BY cycle_id, position) stale
CROSS JOIN LATERAL (SELECT * FROM ({select}) one WHERE one.recipient_id = stale.recipient_id OFFSET 0) filled
