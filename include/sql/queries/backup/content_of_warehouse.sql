-- Is there anything in this warehouse that a person or an office brought? Null: it is only prepared. :tables are those there.
SELECT string_agg(found.told, ', ')
FROM (
    SELECT t.name || ': ' || (xpath('/row/n/text()', query_to_xml('SELECT count(*) AS n FROM ' || t.name, false, true, '')))[1] AS told
    FROM unnest(ARRAY['cycle.cycle', 'intake.arrival', 'intake.archived_file', 'cycle.government_reply']) AS t (name)
    WHERE t.name = ANY (CAST(:tables AS text[]))
) found
WHERE found.told !~ ': 0$'
