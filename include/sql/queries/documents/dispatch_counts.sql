-- Where do the documents of a cycle stand on the document axis: with how many addressees in each state, and who refused?
SELECT d.kind,
       count(*) FILTER (WHERE s.state = 'sent') AS sent,
       count(*) FILTER (WHERE s.state = 'arrived') AS arrived,
       count(*) FILTER (WHERE s.state = 'accepted') AS accepted,
       count(*) FILTER (WHERE s.state = 'refused') AS refused,
       coalesce(array_agg(coalesce(s.addressee, r.short_name || ' (' || r.reference_code || ')') || coalesce(': ' || s.note, '')
                          ORDER BY r.position) FILTER (WHERE s.state = 'refused'), '{}') AS refused_by
FROM cycle.document d
JOIN cycle.dispatch_status s USING (document_id)
LEFT JOIN cycle.recipient r ON r.recipient_id = s.recipient_id
WHERE d.cycle_id = :cycle_id
GROUP BY d.document_id, d.kind
ORDER BY d.document_id
