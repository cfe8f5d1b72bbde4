-- The channel was looked at with success.
INSERT INTO intake.channel_look (channel, looked_at)
VALUES (:channel, clock_timestamp())
ON CONFLICT (channel) DO UPDATE
SET looked_at = clock_timestamp(), failing_since = NULL, problem = NULL, is_lasting = false
