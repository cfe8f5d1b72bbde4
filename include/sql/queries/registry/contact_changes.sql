-- What was changed of the contacts, of all offices or one, newest first?
SELECT g.changed_at, g.organization_id, n.short_name, n.name AS office, g.contact_id, k.email, k.display_name, g.kind,
       g.before, g.after, g.source, g.changed_by
FROM registry.contact_change g
JOIN registry.contact k USING (contact_id)
JOIN LATERAL (
    SELECT l.name, l.short_name FROM registry.organization_name l
    WHERE l.organization_id = g.organization_id
    ORDER BY l.valid_from DESC LIMIT 1
) n ON true
WHERE CAST(:organization_id AS text) IS NULL OR g.organization_id = :organization_id
ORDER BY g.change_id DESC
