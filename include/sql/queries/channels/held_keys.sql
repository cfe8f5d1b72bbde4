-- Which of these keys of a channel are not to be collected now: collected already, or tried in vain a moment ago?
SELECT key
FROM intake.channel_item
WHERE channel = :channel AND key = ANY (:keys) AND (next_try_at IS NULL OR next_try_at > clock_timestamp())
