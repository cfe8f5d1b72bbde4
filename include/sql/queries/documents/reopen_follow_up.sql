-- What was closed is to be followed up again. (how it was closed stays in the events)
UPDATE cycle.follow_up_item
SET done_on = NULL, outcome = NULL, closed_by = NULL
WHERE item_id = :item_id AND done_on IS NOT NULL
