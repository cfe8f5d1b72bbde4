-- What does a reply direct, and what was said of each direction since?
SELECT item_id, wording, owner, due_on, set_by, done_on
FROM cycle.follow_up_item
WHERE reply_id = :reply_id
ORDER BY position
