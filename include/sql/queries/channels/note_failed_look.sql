-- The channel could not be looked at. Is that news (it worked before, or can only now be seen to need a person)?
WITH before AS (
    SELECT failing_since, is_lasting FROM intake.channel_look WHERE channel = :channel
),
noted AS (
    INSERT INTO intake.channel_look AS l (channel, failing_since, problem, is_lasting)
    VALUES (:channel, clock_timestamp(), :problem, :is_lasting)
    ON CONFLICT (channel) DO UPDATE
    SET failing_since = coalesce(l.failing_since, clock_timestamp()), problem = :problem, is_lasting = :is_lasting
)
SELECT NOT EXISTS (SELECT FROM before WHERE failing_since IS NOT NULL AND (is_lasting OR NOT :is_lasting))
