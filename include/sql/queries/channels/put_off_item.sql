-- A delivery could not be collected: try it again after 1, 2, 4, … at most 60 minutes.
INSERT INTO intake.channel_item AS i (channel, key, problem, is_lasting, try_count, next_try_at)
VALUES (:channel, :key, :problem, :is_lasting, 1, clock_timestamp() + interval '1 minute')
ON CONFLICT (channel, key) DO UPDATE
SET problem = :problem, is_lasting = :is_lasting, collected_at = NULL, try_count = i.try_count + 1,
    next_try_at = clock_timestamp() + least(power(2, least(i.try_count, 6)), 60) * interval '1 minute'
RETURNING try_count
