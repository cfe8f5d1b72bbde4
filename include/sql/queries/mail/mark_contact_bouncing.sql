-- Mail to this contact's address comes back: use it no more. No row if it is not in use, or has another address by now.
UPDATE registry.contact
SET state = 'bouncing'
WHERE contact_id = :contact_id AND state = 'active' AND lower(email) = lower(:address)
RETURNING organization_id
