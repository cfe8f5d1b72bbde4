-- Which directions of the Government about reports of this regime, and which reviews that it orders, are not done yet?
SELECT i.wording, i.owner, i.due_on, r.number
FROM cycle.cycle t
JOIN cycle.cycle c ON c.regime = t.regime AND c.mode = t.mode
LEFT JOIN cycle.document d ON d.cycle_id = c.cycle_id
LEFT JOIN cycle.government_reply r ON r.document_id = d.document_id
JOIN cycle.follow_up_item i ON i.reply_id = r.reply_id OR i.cycle_id = c.cycle_id
WHERE t.cycle_id = :cycle_id AND i.done_on IS NULL
GROUP BY i.item_id, i.wording, i.owner, i.due_on, r.number
ORDER BY i.due_on NULLS LAST, i.item_id
