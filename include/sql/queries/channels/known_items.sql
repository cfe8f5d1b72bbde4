-- Which of these keys of a channel are known, and which of them are not to be collected now: collected already, or tried in
-- vain a moment ago?
SELECT key, next_try_at IS NULL OR next_try_at > clock_timestamp() AS is_held
FROM intake.channel_item
WHERE channel = :channel AND key = ANY (:keys)
