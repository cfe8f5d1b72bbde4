-- Note a concern; one that lasts already is kept.
INSERT INTO intake.concern (kind, about, detail)
VALUES (:kind, :about, CAST(:detail AS jsonb))
ON CONFLICT (kind, about) WHERE cleared_at IS NULL DO NOTHING
RETURNING concern_id
