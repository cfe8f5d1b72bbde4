-- Which offices that owe something were never asked, and was it noted that nobody could be reached there, rightly: was mail
-- to every contact of theirs refused or returned?
SELECT r.cycle_id, r.reference_code, r.short_name,
       EXISTS (SELECT FROM audit.event e WHERE e.recipient_id = r.recipient_id AND e.kind = 'no_live_contact')
       AND NOT EXISTS (SELECT FROM registry.contact k
                       WHERE k.organization_id = r.organization_id AND k.role IN ('to', 'copy') AND k.state <> 'retired'
                         AND NOT EXISTS (SELECT FROM cycle.message f
                                         JOIN cycle.message_event e USING (message_id)
                                         WHERE f.contact_id = k.contact_id AND e.state IN ('failed', 'bounced'))) AS is_noted
FROM cycle.recipient r
JOIN cycle.cycle c USING (cycle_id)
WHERE c.clock_id = :clock_id AND r.role = 'owes'
  AND EXISTS (SELECT FROM cycle.obligation o
              WHERE o.recipient_id = r.recipient_id
                AND NOT EXISTS (SELECT FROM cycle.waiver w
                                JOIN cycle.milestone i ON i.cycle_id = r.cycle_id AND i.step = 'issue'
                                WHERE w.obligation_id = o.obligation_id AND w.undone_at IS NULL AND w.granted_at <= i.done_at))
  AND NOT EXISTS (
      SELECT FROM cycle.message m
      WHERE m.recipient_id = r.recipient_id AND m.step = 'request' AND m.state IN ('sent', 'ambiguous'))
ORDER BY r.cycle_id, r.position
