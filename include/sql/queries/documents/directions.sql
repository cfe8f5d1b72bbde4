-- What does a reply direct?
SELECT wording, owner, due_on FROM cycle.follow_up_item WHERE reply_id = :reply_id ORDER BY position
