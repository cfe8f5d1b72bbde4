-- Which aliases does the registry hold? Those of :rows (a JSON array), and no others.
WITH incoming AS (
    SELECT *
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS file (alias_key text, organization_id text, spelling text, source text)
),
gone AS (
    DELETE FROM registry.organization_alias AS held
    WHERE NOT EXISTS (
        SELECT FROM incoming
        WHERE held.alias_key = incoming.alias_key
          AND held.organization_id = incoming.organization_id
    )
)
INSERT INTO registry.organization_alias AS held (alias_key, organization_id, spelling, source)
SELECT alias_key, organization_id, spelling, source
FROM incoming
ON CONFLICT (alias_key, organization_id) DO UPDATE
SET spelling = excluded.spelling,
    source = excluded.source
WHERE (held.spelling, held.source)
    IS DISTINCT FROM (excluded.spelling, excluded.source);
