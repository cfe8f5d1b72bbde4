-- Which reports does this cycle have, given out or not?
SELECT kind
FROM cycle.document
WHERE cycle_id = :cycle_id AND split_part(kind, '__', 1) IN ('summary_report', 'supplement_report')
ORDER BY document_id
