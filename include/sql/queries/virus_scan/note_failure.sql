-- Note that the scanner does not answer; since when?
INSERT INTO intake.virus_scanner AS s (address, failing_since, problem, next_try_at)
VALUES (:address, clock_timestamp(), :problem, clock_timestamp() + :seconds * interval '1 second')
ON CONFLICT (address) DO UPDATE
SET failing_since = coalesce(s.failing_since, clock_timestamp()), problem = :problem,
    next_try_at = clock_timestamp() + :seconds * interval '1 second'
RETURNING failing_since
