-- Append one event to the log.
INSERT INTO audit.event (cycle_id, recipient_id, kind, actor, occurred_at, detail)
VALUES (:cycle_id, :recipient_id, :kind, :actor, :occurred_at, CAST(:detail AS jsonb))
