-- Note that a version now stands as a replay has it.
UPDATE intake.replay_change SET applied_at = clock_timestamp()
WHERE replay_id = :replay_id AND submission_id = :submission_id
