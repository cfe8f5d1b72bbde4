-- Which recipients are to have a copy of the request for information, and through which contact? No contact: null.
SELECT r.recipient_id, r.organization_id, r.name, r.short_name, r.reference_code, k.contact_id, k.email
FROM cycle.recipient r
LEFT JOIN registry.contact_in_use k ON k.organization_id = r.organization_id
WHERE r.cycle_id = :cycle_id AND r.role = 'copied'
  AND NOT EXISTS (SELECT FROM cycle.message m WHERE m.recipient_id = r.recipient_id AND m.step = 'copy')
ORDER BY r.position, k.contact_id
