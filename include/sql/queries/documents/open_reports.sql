-- Which later editions and supplements of this cycle were started and not published? Not a supplement after which a new
-- edition was started, unless it was registered before.
SELECT d.kind
FROM cycle.document d
WHERE d.cycle_id = :cycle_id AND d.kind ~ '^(summary_report|supplement_report)__'
  AND NOT EXISTS (SELECT FROM cycle.publication p WHERE p.document_id = d.document_id)
  AND (d.kind !~ '^supplement_report__'
       OR EXISTS (SELECT FROM cycle.document_registration r WHERE r.document_id = d.document_id)
       OR NOT EXISTS (SELECT FROM cycle.document e
                      WHERE e.cycle_id = d.cycle_id AND e.kind ~ '^summary_report__' AND e.document_id > d.document_id))
ORDER BY d.document_id
