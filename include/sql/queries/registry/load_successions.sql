-- Which successions does the registry hold? Those of :rows (a JSON array), and no others.
WITH incoming AS (
    SELECT *
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS file (predecessor_id text, successor_id text, effective_on date, instrument text, carries_series boolean)
),
gone AS (
    DELETE FROM registry.succession AS held
    WHERE NOT EXISTS (
        SELECT FROM incoming
        WHERE held.predecessor_id = incoming.predecessor_id
          AND held.successor_id = incoming.successor_id
    )
)
INSERT INTO registry.succession AS held (predecessor_id, successor_id, effective_on, instrument, carries_series)
SELECT predecessor_id, successor_id, effective_on, instrument, carries_series
FROM incoming
ON CONFLICT (predecessor_id, successor_id) DO UPDATE
SET effective_on = excluded.effective_on,
    instrument = excluded.instrument,
    carries_series = excluded.carries_series
WHERE (held.effective_on, held.instrument, held.carries_series)
    IS DISTINCT FROM (excluded.effective_on, excluded.instrument, excluded.carries_series);
