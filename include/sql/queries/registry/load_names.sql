-- Which names of offices does the registry hold? Those of :rows (a JSON array), and no others.
WITH incoming AS (
    SELECT *
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS file (organization_id text, name text, short_name text, valid_from date, valid_to date)
),
gone AS (
    DELETE FROM registry.organization_name AS held
    WHERE NOT EXISTS (
        SELECT FROM incoming
        WHERE held.organization_id = incoming.organization_id
          AND held.valid_from = incoming.valid_from
    )
)
INSERT INTO registry.organization_name AS held (organization_id, name, short_name, valid_from, valid_to)
SELECT organization_id, name, short_name, valid_from, valid_to
FROM incoming
ON CONFLICT (organization_id, valid_from) DO UPDATE
SET name = excluded.name,
    short_name = excluded.short_name,
    valid_to = excluded.valid_to
WHERE (held.name, held.short_name, held.valid_to)
    IS DISTINCT FROM (excluded.name, excluded.short_name, excluded.valid_to);
