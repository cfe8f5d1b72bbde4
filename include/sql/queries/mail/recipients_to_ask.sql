-- Which recipients that owe something, or may give something, are still to be asked, and through which contact? No
-- contact: null. A request counts that is queued, went or may have gone, to a contact that is still in use; one that
-- the server refused is not tried again through the same contact (cycle.is_refused). `sequence` numbers the tries.
SELECT r.recipient_id, r.organization_id, r.name, r.short_name, r.reference_code, k.contact_id, k.email,
       1 + coalesce((
           SELECT max(m.sequence) FROM cycle.message m
           WHERE m.recipient_id = r.recipient_id AND m.contact_id = k.contact_id AND m.step = 'request'), 0) AS sequence
FROM cycle.recipient r
LEFT JOIN registry.contact_in_use k ON k.organization_id = r.organization_id
WHERE r.cycle_id = :cycle_id AND r.role = 'owes'
  AND EXISTS (SELECT FROM cycle.obligation_status o
              WHERE o.recipient_id = r.recipient_id AND (o.is_outstanding OR o.state = 'optional'))
  AND NOT EXISTS (SELECT FROM cycle.withdrawal w WHERE w.cycle_id = r.cycle_id)
  AND NOT EXISTS (
      SELECT FROM cycle.message m
      JOIN registry.contact used USING (contact_id)
      WHERE m.recipient_id = r.recipient_id AND m.step = 'request' AND used.state = 'active'
        AND (m.state IN ('queued', 'sending', 'sent', 'ambiguous') OR cycle.why_withdrawn(m) = 'rehearsal'))
  AND NOT EXISTS (
      SELECT FROM cycle.message m
      WHERE m.recipient_id = r.recipient_id AND m.contact_id = k.contact_id AND m.step = 'request'
        AND cycle.is_refused(m))
ORDER BY r.position, k.contact_id
