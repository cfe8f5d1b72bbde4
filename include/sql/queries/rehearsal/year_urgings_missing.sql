-- Which offices that a registered urging (or escalation) letter lists still owed something listed, late, when it went out,
-- and got no copy; and what is known of why?
-- withdrawn_at, why: of the copy that was withdrawn. is_unreachable: no contact of the office took mail at that time.
SELECT DISTINCT ON (x.document_id, r.recipient_id)
       d.cycle_id, r.reference_code, d.kind, x.published_at, o.completed_at, w.granted_at AS let_off_at, s.done_at AS closed_at,
       gone.withdrawn_at, gone.why,
       NOT EXISTS (SELECT FROM registry.contact k
                   WHERE k.organization_id = r.organization_id AND k.role IN ('to', 'copy') AND k.state <> 'retired'
                     AND NOT EXISTS (
                         SELECT FROM cycle.message f
                         JOIN cycle.message_event e USING (message_id)
                         WHERE f.contact_id = k.contact_id AND e.state IN ('failed', 'bounced')
                           AND (e.occurred_at <= coalesce(gone.withdrawn_at, x.published_at)
                                OR f.recipient_id = r.recipient_id AND f.step = replace(d.kind, '_letter', '')))) AS is_unreachable
FROM cycle.document d
JOIN cycle.cycle c USING (cycle_id)
JOIN cycle.publication x USING (document_id)
JOIN cycle.document_addressee a ON a.document_id = d.document_id AND a.version = x.version
JOIN cycle.recipient r USING (recipient_id)
JOIN cycle.obligation_status o ON o.recipient_id = r.recipient_id AND o.deliverable = a.deliverable
JOIN cycle.milestone s ON s.cycle_id = d.cycle_id AND s.step = 'close'
LEFT JOIN cycle.waiver w ON w.obligation_id = o.obligation_id AND w.undone_at IS NULL
LEFT JOIN LATERAL (
    SELECT e.occurred_at AS withdrawn_at, e.detail AS why
    FROM cycle.message m
    JOIN cycle.message_event e USING (message_id)
    WHERE m.recipient_id = r.recipient_id AND m.step = replace(d.kind, '_letter', '') AND e.state = 'withdrawn'
    ORDER BY e.event_id DESC LIMIT 1
) gone ON true
WHERE c.clock_id = :clock_id AND d.kind IN ('urging_letter', 'escalation_letter')
  AND (o.completed_at IS NULL OR o.completed_at > x.published_at)
  AND (w.granted_at IS NULL OR w.granted_at > x.published_at)
  AND (o.due_at IS NULL OR o.due_at <= x.published_at)
  AND NOT cycle.is_paused(r.recipient_id, coalesce(gone.withdrawn_at, x.published_at))
  AND NOT EXISTS (
      SELECT FROM cycle.message m
      WHERE m.recipient_id = r.recipient_id AND m.step = replace(d.kind, '_letter', '')
        AND m.state IN ('sent', 'ambiguous', 'bounced'))
ORDER BY x.document_id, r.recipient_id, o.completed_at NULLS FIRST
