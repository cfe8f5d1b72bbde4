-- How many drafts of cycles that go on wait for a decision, or for number and signed file, and how long does the oldest wait?
SELECT x.state, x.mode, count(d.drafted_at) AS drafts_waiting,
       coalesce(max(extract(epoch FROM d.now_at - d.drafted_at)), 0) AS oldest_draft_seconds
FROM (VALUES ('approval', 'live'), ('registration', 'live'),
             ('approval', 'rehearsal'), ('registration', 'rehearsal')) AS x (state, mode)
LEFT JOIN (
    SELECT c.mode, c.now_at, v.drafted_at,
           CASE WHEN g.decision IS NULL THEN 'approval' WHEN g.decision = 'approved' THEN 'registration' END AS state
    FROM cycle.watched_cycle c
    JOIN cycle.document t ON t.cycle_id = c.cycle_id
    CROSS JOIN LATERAL (
        SELECT n.version, n.drafted_at
        FROM cycle.document_version n
        WHERE n.document_id = t.document_id
        ORDER BY n.version DESC
        LIMIT 1) v
    CROSS JOIN LATERAL cycle.approval_of(t.document_id, v.version) g
    WHERE NOT EXISTS (SELECT FROM cycle.document_registration r WHERE r.document_id = t.document_id)
      AND NOT EXISTS (SELECT FROM cycle.publication p WHERE p.document_id = t.document_id)
      AND NOT EXISTS (SELECT FROM cycle.abandonment b WHERE b.document_id = t.document_id AND b.undone_at IS NULL)
      AND (t.is_numbered OR g.decision IS NULL)
) d ON d.state = x.state AND d.mode = x.mode
GROUP BY x.state, x.mode
