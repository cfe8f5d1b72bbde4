-- Which recipients do these look-up codes name? Only in cycles of this mode.
SELECT r.reference_code, r.cycle_id, r.short_name,
       EXISTS (SELECT FROM cycle.document d JOIN cycle.publication p USING (document_id)
               WHERE d.cycle_id = r.cycle_id AND d.kind = 'summary_report') AS is_published
FROM cycle.recipient r
JOIN cycle.cycle c USING (cycle_id)
WHERE r.reference_code = ANY(CAST(:reference_codes AS text[])) AND c.mode = :mode
