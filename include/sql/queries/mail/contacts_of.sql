-- Through which contacts are these recipients written to? No contact: null.
SELECT r.recipient_id, r.organization_id, r.name, r.short_name, r.reference_code, k.contact_id, k.email
FROM cycle.recipient r
LEFT JOIN registry.contact_in_use k ON k.organization_id = r.organization_id
WHERE r.recipient_id = ANY(:recipient_ids)
ORDER BY r.position, k.contact_id
