-- The regime as it was when the cycle was opened.
SELECT regime_content FROM cycle.cycle WHERE cycle_id = :cycle_id
