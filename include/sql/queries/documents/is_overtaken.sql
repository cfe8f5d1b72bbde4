-- Were data accepted after this draft of a report was made?
SELECT EXISTS (
    SELECT FROM cycle.document d
    JOIN cycle.document_version v ON v.document_id = d.document_id AND v.version = :version
    JOIN intake.submission s ON s.cycle_id = d.cycle_id AND s.checked_at > v.drafted_at
    WHERE d.document_id = :document_id AND d.kind = 'summary_report'
      AND s.outcome IN ('accepted', 'accepted_with_warnings')
)
