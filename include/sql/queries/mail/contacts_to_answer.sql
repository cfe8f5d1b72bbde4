-- Who gets the answer to a submission: the sender when it is a contact in use of that office, else the office's contacts.
SELECT contact_id, email
FROM (
    SELECT k.contact_id, k.email, k.role, k.email = lower(:sender) AS is_sender,
           bool_or(k.email = lower(:sender)) OVER () AS knows_sender
    FROM registry.contact k
    WHERE k.organization_id = :organization_id AND k.state = 'active'
) k
WHERE CASE WHEN knows_sender THEN is_sender ELSE role = 'to' END
ORDER BY contact_id
