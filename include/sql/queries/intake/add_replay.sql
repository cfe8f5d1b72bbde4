-- Keep the report of a replay: what was checked again, by which rules, why.
INSERT INTO intake.replay (cycle_id, reason, rules_hash, started_by, checked_count)
VALUES (:cycle_id, :reason, :rules_hash, :started_by, :checked_count)
RETURNING replay_id
