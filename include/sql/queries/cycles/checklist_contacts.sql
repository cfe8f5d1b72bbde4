-- Which offices that owe something can be reached by mail? One row per office, however many contacts it has.
SELECT r.reference_code, r.short_name, r.group_code,
       EXISTS (SELECT FROM registry.contact_in_use k WHERE k.organization_id = r.organization_id) AS is_reached
FROM cycle.recipient r
WHERE r.cycle_id = :cycle_id AND r.role = 'owes'
  AND EXISTS (SELECT FROM cycle.obligation_status o WHERE o.recipient_id = r.recipient_id AND o.state <> 'waived')
ORDER BY r.position
