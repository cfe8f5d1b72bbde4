-- Which letters that a person started beside the plan of this cycle are not sent yet?
SELECT d.kind
FROM cycle.document d
LEFT JOIN cycle.publication p USING (document_id)
WHERE d.cycle_id = :cycle_id AND p.document_id IS NULL
  AND d.kind ~ '^(notice|erratum|replacement|recall)_letter__'
ORDER BY d.document_id
