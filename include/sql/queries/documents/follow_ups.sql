-- What is to be followed up, by its day: directions of replies, reviews ordered by the directives of live cycles? Of what a
-- form asked about: which cycle asked last, how many offices, and how many answered?
SELECT i.item_id, r.number, i.cycle_id, i.position, i.wording, i.owner, i.due_on, i.done_on, i.outcome, i.closed_by,
       a.cycle_id AS asked_in, a.asked, a.answered
FROM cycle.follow_up_item i
LEFT JOIN cycle.government_reply r USING (reply_id)
LEFT JOIN cycle.cycle c ON c.cycle_id = i.cycle_id
LEFT JOIN cycle.follow_up_asked a USING (item_id)
WHERE (c.cycle_id IS NULL OR c.mode = 'live')
  AND (:includes_done OR i.done_on IS NULL)
  AND (CAST(:due_before AS date) IS NULL OR i.due_on < :due_before)
  AND (CAST(:number AS text) IS NULL OR r.number = :number)
ORDER BY i.due_on NULLS LAST, r.signed_on, i.cycle_id, i.position
