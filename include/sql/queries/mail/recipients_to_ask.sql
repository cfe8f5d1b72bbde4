-- Which recipients that owe something are still to be asked, and through which contact? No contact: null.
SELECT r.recipient_id, r.organization_id, r.name, r.short_name, r.reference_code, k.contact_id, k.email
FROM cycle.recipient r
LEFT JOIN registry.contact k
       ON k.organization_id = r.organization_id AND k.role = 'to' AND k.state = 'active'
WHERE r.cycle_id = :cycle_id AND r.role = 'owes'
  AND EXISTS (SELECT FROM cycle.obligation o WHERE o.recipient_id = r.recipient_id)
  AND NOT EXISTS (
      SELECT FROM cycle.message m
      WHERE m.recipient_id = r.recipient_id AND m.contact_id = k.contact_id AND m.step = 'request')
ORDER BY r.position, k.contact_id
