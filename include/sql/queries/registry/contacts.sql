-- Which contacts are there, of all offices or one, with the name their office bears on :on_day (or bore last)?
SELECT k.contact_id, k.organization_id, n.name AS office, n.short_name, k.email, k.display_name, k.title, k.phone,
       k.role, k.position, k.state, k.note
FROM registry.contact k
JOIN LATERAL (
    SELECT l.name, l.short_name FROM registry.organization_name l
    WHERE l.organization_id = k.organization_id
    ORDER BY l.valid_from <= :on_day DESC, CASE WHEN l.valid_from <= :on_day THEN l.valid_from END DESC, l.valid_from
    LIMIT 1
) n ON true
WHERE CAST(:organization_id AS text) IS NULL OR k.organization_id = :organization_id
ORDER BY k.organization_id, array_position(ARRAY['to', 'copy', 'escalation'], k.role), k.state = 'retired',
         k.position, k.contact_id
