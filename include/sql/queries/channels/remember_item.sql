-- A delivery was collected that its channel cannot mark.
INSERT INTO intake.channel_item (channel, key, collected_at)
VALUES (:channel, :key, clock_timestamp())
ON CONFLICT (channel, key) DO UPDATE
SET collected_at = clock_timestamp(), problem = NULL, is_lasting = false, next_try_at = NULL
