-- Which deliveries that were put off are tried again at once, as when their time had come?
UPDATE intake.channel_item
SET next_try_at = clock_timestamp()
WHERE next_try_at > clock_timestamp()
RETURNING key
