-- Is there news about this document? (registered, or the newest draft decided upon, a question repeated, or accepted
-- data newer than the draft of a report that is not yet registered)
SELECT r.document_id IS NOT NULL
       OR (x.decision = 'sent_back')
       OR (x.decision = 'approved' AND CAST(:until AS text) = 'approved')
       OR coalesce((SELECT max(q.attempt) FROM cycle.approval_request q
                    WHERE q.document_id = d.document_id AND q.version = v.version), 0) <> :attempt
       OR (d.kind = 'summary_report'
           AND EXISTS (SELECT FROM intake.submission s
                       WHERE s.cycle_id = d.cycle_id AND s.checked_at > v.drafted_at
                         AND s.outcome IN ('accepted', 'accepted_with_warnings')))
FROM cycle.document d
JOIN LATERAL (SELECT * FROM cycle.document_version v
              WHERE v.document_id = d.document_id ORDER BY v.version DESC LIMIT 1) v ON true
LEFT JOIN cycle.document_decision x ON x.document_id = d.document_id AND x.version = v.version
LEFT JOIN cycle.document_registration r ON r.document_id = d.document_id
WHERE d.cycle_id = :cycle_id AND d.kind = :kind
