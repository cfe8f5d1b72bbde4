-- Which memberships does the registry hold? Those of :rows (a JSON array), and no others.
WITH incoming AS (
    SELECT *
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS file (group_code text, organization_id text, position integer, valid_from date, valid_to date)
),
gone AS (
    DELETE FROM registry.group_member AS held
    WHERE NOT EXISTS (
        SELECT FROM incoming
        WHERE held.group_code = incoming.group_code
          AND held.organization_id = incoming.organization_id
          AND held.valid_from = incoming.valid_from
    )
)
INSERT INTO registry.group_member AS held (group_code, organization_id, position, valid_from, valid_to)
SELECT group_code, organization_id, position, valid_from, valid_to
FROM incoming
ON CONFLICT (group_code, organization_id, valid_from) DO UPDATE
SET position = excluded.position,
    valid_to = excluded.valid_to
WHERE (held.position, held.valid_to)
    IS DISTINCT FROM (excluded.position, excluded.valid_to);
