-- A review that the directive orders for later.
INSERT INTO cycle.follow_up_item (cycle_id, position, wording, owner, due_on)
VALUES (:cycle_id, :position, :wording, :owner, :due_on)
ON CONFLICT (cycle_id, position) DO NOTHING
