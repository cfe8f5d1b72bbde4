-- Is there news about this document? (registered, or the newest draft decided upon, at all steps or so that the next one is
-- to be asked, a question repeated, or something else that counts than what is behind the draft of a report or of the letter after it, something received that the undecided draft of an
-- urging letter lists as owed, or the last day that it gives come, the step completed without the document, or the cycle withdrawn, unless letters of this
-- family go on then, or a new edition of the report started after a supplement; a draft whose step was put off is not drafted anew before its moment)
SELECT r.document_id IS NOT NULL
       OR (x.decision = 'sent_back' AND NOT t.is_put_off)
       OR (x.decision = 'approved' AND (CAST(:until AS text) = 'approved' OR NOT d.is_numbered))
       OR coalesce((SELECT max(q.attempt) FROM cycle.approval_request q
                    WHERE q.document_id = d.document_id AND q.version = v.version), 0) <> :attempt
       OR (NOT t.is_put_off
           AND x.open_step <> (SELECT q.step FROM cycle.approval_request q
                               WHERE q.document_id = d.document_id AND q.version = v.version
                               ORDER BY q.attempt DESC LIMIT 1))
       OR v.source_fingerprint <> core.fingerprint_of(d.cycle_id, d.kind)
       OR (x.decision IS NULL AND NOT t.is_put_off
           AND EXISTS (SELECT FROM cycle.document_addressee a
                       JOIN cycle.obligation_status o USING (recipient_id, deliverable)
                       WHERE a.document_id = d.document_id AND a.version = v.version
                         AND (NOT o.is_outstanding OR cycle.is_last_day_over(d.cycle_id, a.new_last_day))))
       OR EXISTS (SELECT FROM cycle.milestone m
                  WHERE m.cycle_id = d.cycle_id AND m.step = d.kind AND m.done_at IS NOT NULL)
       OR (split_part(d.kind, '_letter__', 1) <> ALL (CAST(:going_on AS text[]))
           AND EXISTS (SELECT FROM cycle.withdrawal w WHERE w.cycle_id = d.cycle_id))
       OR (d.kind ~ '^supplement_report__'
           AND EXISTS (SELECT FROM cycle.document e
                       WHERE e.cycle_id = d.cycle_id AND e.kind ~ '^summary_report__' AND e.document_id > d.document_id))
FROM cycle.document d
JOIN LATERAL (SELECT * FROM cycle.document_version v
              WHERE v.document_id = d.document_id ORDER BY v.version DESC LIMIT 1) v ON true
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM cycle.milestone m
                   JOIN cycle.cycle y USING (cycle_id)
                   JOIN cycle.clock k USING (clock_id)
                   WHERE m.cycle_id = d.cycle_id AND m.step = d.kind AND m.done_at IS NULL
                     AND m.step IN ('urging_letter', 'escalation_letter')
                     AND m.due_at > coalesce(k.now_at, clock_timestamp())) AS is_put_off) t
CROSS JOIN LATERAL cycle.approval_of(d.document_id, v.version) x
LEFT JOIN cycle.document_registration r ON r.document_id = d.document_id
WHERE d.cycle_id = :cycle_id AND d.kind = :kind
