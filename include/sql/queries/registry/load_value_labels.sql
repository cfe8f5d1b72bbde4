-- How do figures without a number read in lists? As :rows (a JSON array) say, and no others.
WITH incoming AS (
    SELECT *
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS file (state text, label text)
),
gone AS (
    DELETE FROM registry.value_label AS held
    WHERE NOT EXISTS (SELECT FROM incoming WHERE held.state = incoming.state)
)
INSERT INTO registry.value_label AS held (state, label)
SELECT state, label
FROM incoming
ON CONFLICT (state) DO UPDATE
SET label = excluded.label
WHERE held.label IS DISTINCT FROM excluded.label;
