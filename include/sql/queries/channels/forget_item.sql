-- A delivery that could not be collected was, or is gone.
DELETE FROM intake.channel_item WHERE channel = :channel AND key = :key
