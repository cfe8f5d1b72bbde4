-- The rows of a mart for a whole cycle: those of each of its recipients in turn, since views over everything are slow to
-- ask for a cycle.
INSERT INTO mart.{mart}
SELECT filled.*
FROM cycle.recipient stale
CROSS JOIN LATERAL (SELECT * FROM ({select}) one WHERE one.recipient_id = stale.recipient_id OFFSET 0) filled
WHERE stale.cycle_id = :cycle_id
