-- Whom of a cycle can be written to, the first few of its list, each with one contact?
SELECT DISTINCT ON (r.position, r.recipient_id)
       r.recipient_id, r.reference_code, r.short_name, k.contact_id, k.email
FROM cycle.recipient r
JOIN registry.contact k USING (organization_id)
WHERE r.cycle_id = :cycle_id
ORDER BY r.position, r.recipient_id, k.contact_id
LIMIT :count
