-- The item, held until the transaction ends.
SELECT item_id FROM cycle.follow_up_item WHERE item_id = :item_id FOR UPDATE
