-- Which offices does the registry know? Those of :rows (a JSON array), and those it knew before.
INSERT INTO registry.organization AS held (organization_id, kind, parent_id, area_id, valid_from, valid_to)
SELECT organization_id, kind, parent_id, area_id, valid_from, valid_to
FROM jsonb_to_recordset(CAST(:rows AS jsonb))
    AS file (organization_id text, kind text, parent_id text, area_id text, valid_from date, valid_to date)
ON CONFLICT (organization_id) DO UPDATE
SET kind = excluded.kind,
    parent_id = excluded.parent_id,
    area_id = excluded.area_id,
    valid_from = excluded.valid_from,
    valid_to = excluded.valid_to
WHERE (held.kind, held.parent_id, held.area_id, held.valid_from, held.valid_to)
    IS DISTINCT FROM (excluded.kind, excluded.parent_id, excluded.area_id, excluded.valid_from, excluded.valid_to);
