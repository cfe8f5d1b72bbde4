-- Which document made here has this number (and date, where one is cited)? A live one before one of a rehearsal, a report
-- before a letter.
SELECT d.document_id, d.cycle_id
FROM cycle.document_registration g
JOIN cycle.document d USING (document_id)
JOIN cycle.cycle c USING (cycle_id)
WHERE g.number = :number AND (CAST(:on AS date) IS NULL OR g.registered_on = :on)
ORDER BY c.mode = 'live' DESC, split_part(d.kind, '__', 1) IN ('summary_report', 'supplement_report') DESC, d.document_id DESC
LIMIT 1
