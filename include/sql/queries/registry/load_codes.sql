-- Which codes of offices does the registry hold? Those of :rows (a JSON array), and no others.
WITH incoming AS (
    SELECT *
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS file (organization_id text, code_set text, code text)
),
gone AS (
    DELETE FROM registry.organization_code AS held
    WHERE NOT EXISTS (
        SELECT FROM incoming
        WHERE held.organization_id = incoming.organization_id
          AND held.code_set = incoming.code_set
    )
)
INSERT INTO registry.organization_code AS held (organization_id, code_set, code)
SELECT organization_id, code_set, code
FROM incoming
ON CONFLICT (organization_id, code_set) DO UPDATE
SET code = excluded.code
WHERE (held.code)
    IS DISTINCT FROM (excluded.code);
