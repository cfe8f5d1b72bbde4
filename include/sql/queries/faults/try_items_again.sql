-- Some minutes have passed: deliveries that could not be collected are due to be tried again.
UPDATE intake.channel_item SET next_try_at = clock_timestamp() WHERE next_try_at IS NOT NULL
