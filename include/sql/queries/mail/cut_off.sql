-- Which sends were cut off? Those whose deliverer no longer holds its lock; the probing lock keeps others from
-- settling the same ones until this transaction ends.
WITH deliverer AS MATERIALIZED (
    SELECT DISTINCT claimed_by FROM cycle.message WHERE state = 'sending' AND claimed_by IS NOT NULL
),
dead AS MATERIALIZED (
    SELECT claimed_by FROM deliverer WHERE pg_try_advisory_xact_lock(hashtextextended(claimed_by, 0))
)
SELECT m.message_id, m.cycle_id, r.reference_code, m.step, m.when_unknown, m.claimed_by
FROM cycle.message m
JOIN dead USING (claimed_by)
JOIN cycle.recipient r USING (recipient_id)
WHERE m.state = 'sending'
ORDER BY m.message_id
FOR UPDATE OF m
