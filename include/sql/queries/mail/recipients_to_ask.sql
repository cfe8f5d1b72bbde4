-- Which recipients that owe something are still to be asked, and through which contact? No contact: null.
-- A request to a contact that is no longer in use did not reach the office.
SELECT r.recipient_id, r.organization_id, r.name, r.short_name, r.reference_code, k.contact_id, k.email
FROM cycle.recipient r
LEFT JOIN registry.contact_in_use k ON k.organization_id = r.organization_id
WHERE r.cycle_id = :cycle_id AND r.role = 'owes'
  AND EXISTS (SELECT FROM cycle.obligation_status o WHERE o.recipient_id = r.recipient_id AND o.is_outstanding)
  AND NOT EXISTS (
      SELECT FROM cycle.message m
      JOIN registry.contact used USING (contact_id)
      WHERE m.recipient_id = r.recipient_id AND m.step = 'request' AND used.state = 'active')
ORDER BY r.position, k.contact_id
