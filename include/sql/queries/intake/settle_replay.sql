-- Note that everything of a replay that could be was made to hold, and by whom.
UPDATE intake.replay SET applied_by = :applied_by, applied_at = clock_timestamp()
WHERE replay_id = :replay_id AND applied_at IS NULL
