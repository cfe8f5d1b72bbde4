-- What a recipient owes; no row when it owes that already.
INSERT INTO cycle.obligation (cycle_id, recipient_id, deliverable, due_at, because)
VALUES (:cycle_id, :recipient_id, :deliverable, :due_at, :because)
ON CONFLICT (recipient_id, deliverable) DO NOTHING
RETURNING obligation_id, recipient_id, due_at
