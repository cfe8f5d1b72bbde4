-- Which recipients are to have a copy of the request for information, as they are named for that or nothing is owed of
-- what is asked for, and through which contact? No contact: null. A copy that the server refused is not tried again
-- through the same contact (cycle.is_refused). `sequence` numbers the tries.
SELECT r.recipient_id, r.organization_id, r.name, r.short_name, r.reference_code, k.contact_id, k.email,
       1 + coalesce((
           SELECT max(m.sequence) FROM cycle.message m
           WHERE m.recipient_id = r.recipient_id AND m.contact_id = k.contact_id AND m.step = 'copy'), 0) AS sequence
FROM cycle.recipient r
LEFT JOIN registry.contact_in_use k ON k.organization_id = r.organization_id
WHERE r.cycle_id = :cycle_id
  AND (r.role = 'copied' OR NOT EXISTS (SELECT FROM cycle.obligation o WHERE o.recipient_id = r.recipient_id))
  AND NOT EXISTS (
      SELECT FROM cycle.message m
      WHERE m.recipient_id = r.recipient_id AND m.step = 'copy'
        AND (m.state IN ('queued', 'sending', 'sent', 'ambiguous') OR cycle.why_withdrawn(m) = 'rehearsal'))
  AND NOT EXISTS (
      SELECT FROM cycle.message m
      WHERE m.recipient_id = r.recipient_id AND m.contact_id = k.contact_id AND m.step = 'copy'
        AND cycle.is_refused(m))
ORDER BY r.position, k.contact_id
