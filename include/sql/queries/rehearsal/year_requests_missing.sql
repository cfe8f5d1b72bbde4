-- Which offices that owe something were never asked, and was it noted that nobody could be reached there?
SELECT r.cycle_id, r.reference_code, r.short_name,
       EXISTS (SELECT FROM audit.event e WHERE e.recipient_id = r.recipient_id AND e.kind = 'no_live_contact') AS is_noted
FROM cycle.recipient r
JOIN cycle.cycle c USING (cycle_id)
WHERE c.clock_id = :clock_id AND r.role = 'owes'
  AND EXISTS (SELECT FROM cycle.obligation o WHERE o.recipient_id = r.recipient_id)
  AND NOT EXISTS (
      SELECT FROM cycle.message m
      WHERE m.recipient_id = r.recipient_id AND m.step = 'request' AND m.state IN ('sent', 'ambiguous'))
ORDER BY r.cycle_id, r.position
