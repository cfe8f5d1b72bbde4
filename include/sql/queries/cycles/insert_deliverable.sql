-- What the cycle asks for.
INSERT INTO cycle.deliverable (cycle_id, deliverable, label, position, kind, is_opt_in, frequency)
VALUES (:cycle_id, :deliverable, :label, :position, :kind, :is_opt_in, :frequency)
