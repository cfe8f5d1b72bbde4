-- Who gets the answer to a submission: the sender when it is a contact in use of that office, else the office's contacts.
WITH sender AS (
    SELECT k.contact_id, k.email
    FROM registry.contact k
    WHERE k.organization_id = :organization_id AND k.state = 'active' AND k.email = lower(:sender)
)
SELECT contact_id, email
FROM sender
UNION ALL
SELECT k.contact_id, k.email
FROM registry.contact_in_use k
WHERE k.organization_id = :organization_id AND NOT EXISTS (SELECT FROM sender)
ORDER BY contact_id
