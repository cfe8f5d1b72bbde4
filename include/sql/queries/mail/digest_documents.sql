-- Which documents of a cycle wait for the unit's decision on their newest draft, or for their number? Not those of a
-- step that was completed without them, nor a supplement after which a new edition of the report was started.
SELECT d.document_id, v.version, d.title,
       CASE WHEN x.decision IS NOT NULL THEN 'number' WHEN x.decided_at IS NOT NULL THEN 'next_approval'
            ELSE 'approval' END AS awaited, x.open_step,
       coalesce(x.decided_at, v.drafted_at) AS since
FROM cycle.document d
JOIN LATERAL (SELECT * FROM cycle.document_version v
              WHERE v.document_id = d.document_id ORDER BY v.version DESC LIMIT 1) v ON true
CROSS JOIN LATERAL cycle.approval_of(d.document_id, v.version) x
WHERE d.cycle_id = :cycle_id
  AND (x.decision IS NULL OR (x.decision = 'approved' AND d.is_numbered))
  AND NOT EXISTS (SELECT FROM cycle.document_registration r WHERE r.document_id = d.document_id)
  AND NOT EXISTS (SELECT FROM cycle.milestone m
                  WHERE m.cycle_id = d.cycle_id AND m.step = d.kind AND m.done_at IS NOT NULL)
  AND NOT (d.kind ~ '^supplement_report__'
           AND EXISTS (SELECT FROM cycle.document e
                       WHERE e.cycle_id = d.cycle_id AND e.kind ~ '^summary_report__' AND e.document_id > d.document_id))
ORDER BY since
