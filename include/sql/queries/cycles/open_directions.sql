-- Which directions of replies to reports of earlier periods of this regime are still open, in the order of the replies?
SELECT DISTINCT i.item_id, i.position, i.wording, r.number, r.signed_on, r.issuer
FROM cycle.follow_up_item i
JOIN cycle.government_reply r USING (reply_id)
JOIN cycle.document d USING (document_id)
JOIN cycle.cycle c ON c.cycle_id = d.cycle_id
WHERE i.done_on IS NULL AND c.regime = :regime AND c.mode = :mode AND c.period_to < :period_to
ORDER BY r.signed_on, r.number, i.position
