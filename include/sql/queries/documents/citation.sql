-- Which document stands for the request of this cycle when it is cited now: the request, or what replaced it?
SELECT d.kind
FROM cycle.request_citation c
JOIN cycle.document d USING (document_id)
WHERE c.cycle_id = :cycle_id
