-- Which documents of this cycle wait for a person's decision or for their number, apart from those of the plan's steps?
SELECT d.kind
FROM cycle.document d
JOIN LATERAL (SELECT version FROM cycle.document_version v
              WHERE v.document_id = d.document_id ORDER BY version DESC LIMIT 1) v ON true
LEFT JOIN cycle.document_decision x ON x.document_id = d.document_id AND x.version = v.version
LEFT JOIN cycle.document_registration r ON r.document_id = d.document_id
WHERE d.cycle_id = :cycle_id AND r.document_id IS NULL
  AND (x.decision IS NULL OR (x.decision = 'approved' AND d.is_numbered))
  AND d.kind ~ '^(notice|erratum|replacement|recall)_letter__'
ORDER BY d.document_id
