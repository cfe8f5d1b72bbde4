-- What the cycle asks for.
INSERT INTO cycle.deliverable (cycle_id, deliverable, label, position)
VALUES (:cycle_id, :deliverable, :label, :position)
