-- An item gets a day or an owner later, or others; what is null stays.
UPDATE cycle.follow_up_item
SET due_on = coalesce(CAST(:due_on AS date), due_on), owner = coalesce(CAST(:owner AS text), owner),
    set_by = coalesce(CAST(:set_by AS text), set_by)
WHERE item_id = :item_id
