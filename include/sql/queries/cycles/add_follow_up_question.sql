-- A section of a cycle's form asks about a direction.
INSERT INTO cycle.follow_up_question (cycle_id, section, item_id)
VALUES (:cycle_id, :section, :item_id)
