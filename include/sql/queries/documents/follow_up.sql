-- One item that is to be followed up.
SELECT i.item_id, r.number, i.cycle_id, i.position, i.wording, i.owner, i.due_on, i.done_on, i.outcome, i.closed_by,
       a.cycle_id AS asked_in, a.asked, a.answered
FROM cycle.follow_up_item i
LEFT JOIN cycle.government_reply r USING (reply_id)
LEFT JOIN cycle.follow_up_asked a USING (item_id)
WHERE i.item_id = :item_id
