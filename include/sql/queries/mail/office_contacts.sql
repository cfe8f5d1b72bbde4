-- How is this recipient called, and is there a contact left through which it is reached?
SELECT r.short_name,
       EXISTS (SELECT FROM registry.contact_in_use k WHERE k.organization_id = r.organization_id) AS has_contact_in_use
FROM cycle.recipient r
WHERE r.recipient_id = :recipient_id
