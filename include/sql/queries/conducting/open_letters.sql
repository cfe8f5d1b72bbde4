-- Which letters and reports that a person started beside the plan of this cycle are not given out yet?
SELECT d.kind
FROM cycle.document d
LEFT JOIN cycle.publication p USING (document_id)
WHERE d.cycle_id = :cycle_id AND p.document_id IS NULL
  AND d.kind ~ '^(notice_letter|erratum_letter|replacement_letter|recall_letter|summary_report|supplement_report)__'
ORDER BY d.document_id
