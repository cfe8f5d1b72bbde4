-- Which sample contacts are there? Those of :rows (a JSON array), and those of before; their state stays, and all of those
-- that a person changed.
INSERT INTO registry.contact AS held (organization_id, email, display_name, role, is_sample)
SELECT organization_id, email, display_name, role, true
FROM jsonb_to_recordset(CAST(:rows AS jsonb))
    AS file (organization_id text, email text, display_name text, role text)
ON CONFLICT (organization_id, email) DO UPDATE
SET display_name = excluded.display_name,
    role = excluded.role
WHERE held.is_sample
    AND NOT EXISTS (SELECT FROM registry.contact_change AS change WHERE change.contact_id = held.contact_id AND change.kind <> 'bounced')
    AND (held.display_name, held.role) IS DISTINCT FROM (excluded.display_name, excluded.role);
