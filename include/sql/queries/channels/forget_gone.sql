-- Forget what the channel does not list any more.
DELETE FROM intake.channel_item WHERE channel = :channel AND NOT key = ANY (:keys)
