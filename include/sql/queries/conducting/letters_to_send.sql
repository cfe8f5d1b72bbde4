-- Which letters that a person started beside the plan of this cycle were not sent yet?
SELECT d.kind
FROM cycle.document d
WHERE d.cycle_id = :cycle_id
  AND d.kind ~ '^(notice|erratum|replacement|recall)_letter__'
  AND NOT EXISTS (SELECT FROM cycle.publication p WHERE p.document_id = d.document_id)
ORDER BY d.document_id
