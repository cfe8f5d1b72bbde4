-- Which divisions into regions does the registry hold, and when do they hold? Those of :rows (a JSON array), and no others.
WITH incoming AS (
    SELECT *
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS file (region_scheme text, valid_from date, valid_to date)
),
gone AS (
    DELETE FROM registry.region_scheme AS held
    WHERE NOT EXISTS (SELECT FROM incoming WHERE held.region_scheme = incoming.region_scheme)
)
INSERT INTO registry.region_scheme AS held (region_scheme, valid_from, valid_to)
SELECT region_scheme, valid_from, valid_to
FROM incoming
ON CONFLICT (region_scheme) DO UPDATE
SET valid_from = excluded.valid_from,
    valid_to = excluded.valid_to
WHERE (held.valid_from, held.valid_to)
    IS DISTINCT FROM (excluded.valid_from, excluded.valid_to);
