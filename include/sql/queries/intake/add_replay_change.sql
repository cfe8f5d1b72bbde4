-- Keep what a replay would change of one version.
INSERT INTO intake.replay_change (replay_id, submission_id, before, after)
VALUES (:replay_id, :submission_id, CAST(:before AS jsonb), CAST(:after AS jsonb))
