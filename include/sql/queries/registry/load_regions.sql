-- Which regions of offices does the registry hold? Those of :rows (a JSON array), and no others.
WITH incoming AS (
    SELECT *
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS file (organization_id text, region_scheme text, region text)
),
gone AS (
    DELETE FROM registry.organization_region AS held
    WHERE NOT EXISTS (
        SELECT FROM incoming
        WHERE held.organization_id = incoming.organization_id
          AND held.region_scheme = incoming.region_scheme
    )
)
INSERT INTO registry.organization_region AS held (organization_id, region_scheme, region)
SELECT organization_id, region_scheme, region
FROM incoming
ON CONFLICT (organization_id, region_scheme) DO UPDATE
SET region = excluded.region
WHERE (held.region)
    IS DISTINCT FROM (excluded.region);
