-- How are figures of merged offices made one, by kind of indicator? As :rows (a JSON array) say, and no others.
WITH incoming AS (
    SELECT *
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS file (indicator_kind text, rule text)
),
gone AS (
    DELETE FROM registry.aggregation_rule AS held
    WHERE NOT EXISTS (SELECT FROM incoming WHERE held.indicator_kind = incoming.indicator_kind)
)
INSERT INTO registry.aggregation_rule AS held (indicator_kind, rule)
SELECT indicator_kind, rule
FROM incoming
ON CONFLICT (indicator_kind) DO UPDATE
SET rule = excluded.rule
WHERE held.rule IS DISTINCT FROM excluded.rule;
