-- Step a simulated clock forward, never back.
UPDATE cycle.clock
SET now_at = :moment
WHERE clock_id = :clock_id AND kind = 'simulated' AND now_at <= :moment
