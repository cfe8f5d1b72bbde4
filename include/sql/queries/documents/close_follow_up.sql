-- Note what came of an item; the first outcome stands.
UPDATE cycle.follow_up_item
SET done_on = :done_on, outcome = :outcome, closed_by = :closed_by
WHERE item_id = :item_id AND done_on IS NULL
