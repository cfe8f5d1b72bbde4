-- Which replies are on record, whose report does each answer, and how much of what it directs is open?
SELECT r.reply_id, r.number, r.signed_on, r.issuer, r.opinion_of, r.signer, r.capacity, r.subject, r.opinion,
       r.answers_number, r.answers_on, d.cycle_id AS answered_cycle, d.kind AS answered_kind, r.registered_number, r.received_on, r.filename,
       r.entered_by, count(i.item_id) AS item_count,
       count(i.item_id) FILTER (WHERE i.done_on IS NULL) AS open_count
FROM cycle.government_reply r
LEFT JOIN cycle.document d USING (document_id)
LEFT JOIN cycle.follow_up_item i USING (reply_id)
GROUP BY r.reply_id, d.cycle_id, d.kind
ORDER BY r.signed_on DESC, r.reply_id DESC
