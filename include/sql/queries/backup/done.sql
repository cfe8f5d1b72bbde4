-- A step after a restore is done.
INSERT INTO audit.restore_step (restore_id, step, done_by, detail)
VALUES (:restore_id, :step, :done_by, CAST(:detail AS jsonb))
ON CONFLICT (restore_id, step) DO NOTHING
