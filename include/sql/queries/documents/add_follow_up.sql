-- A direction of a reply is to be followed up.
INSERT INTO cycle.follow_up_item (reply_id, position, wording, owner, due_on)
VALUES (:reply_id, :position, :wording, :owner, :due_on)
