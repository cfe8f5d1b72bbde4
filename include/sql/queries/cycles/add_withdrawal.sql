-- Call a cycle off, once.
INSERT INTO cycle.withdrawal (cycle_id, reason, withdrawn_by, withdrawn_at)
VALUES (:cycle_id, :reason, :by, :at)
