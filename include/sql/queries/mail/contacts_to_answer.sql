-- Who gets the answer to each delivery (`senders` beside `organization_ids`): the sender when it is a contact in use of that
-- office or of a department that answers for it, else the office's contacts. `position` counts the deliveries from 1.
SELECT asked.position, coalesce(sender.contact_id, k.contact_id) AS contact_id, coalesce(sender.email, k.email) AS email
FROM unnest(CAST(:organization_ids AS text[]), CAST(:senders AS text[])) WITH ORDINALITY
    AS asked (organization_id, sender, position)
LEFT JOIN LATERAL (
    SELECT c.contact_id, c.email
    FROM registry.contact c
    JOIN registry.organization o USING (organization_id)
    WHERE c.email = lower(asked.sender) AND c.state = 'active'
      AND asked.organization_id IN (o.organization_id, o.parent_id)
    ORDER BY o.organization_id = asked.organization_id DESC, c.contact_id
    LIMIT 1
) sender ON true
LEFT JOIN registry.contact_in_use k
    ON k.organization_id = asked.organization_id AND sender.contact_id IS NULL
WHERE coalesce(sender.contact_id, k.contact_id) IS NOT NULL
ORDER BY asked.position, contact_id
