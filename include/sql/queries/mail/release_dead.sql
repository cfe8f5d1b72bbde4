-- Give back what deliverers had reserved that no longer hold their locks; nothing of it was begun.
WITH deliverer AS MATERIALIZED (
    SELECT DISTINCT claimed_by FROM cycle.message WHERE state = 'queued' AND claimed_by IS NOT NULL
),
dead AS MATERIALIZED (
    SELECT claimed_by FROM deliverer WHERE pg_try_advisory_xact_lock(hashtextextended(claimed_by, 0))
)
UPDATE cycle.message m
SET claimed_by = NULL, claimed_at = NULL
FROM dead
WHERE m.claimed_by = dead.claimed_by AND m.state = 'queued'
