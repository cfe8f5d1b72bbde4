-- A version comes again: give up what it had taken over from other versions, which may have been replaced meanwhile. What does
-- it say of itself, and was it a part?
WITH fact AS (
    DELETE FROM core.fact WHERE submission_id = :submission_id AND carried_from IS NOT NULL RETURNING 1
),
prose AS (
    DELETE FROM core.narrative WHERE submission_id = :submission_id AND carried_from IS NOT NULL RETURNING 1
),
line AS (
    DELETE FROM core.list_row WHERE submission_id = :submission_id AND carried_from IS NOT NULL RETURNING 1
)
SELECT s.kind, s.is_nil, s.filename,
       s.is_partial OR EXISTS (SELECT FROM fact) OR EXISTS (SELECT FROM prose) OR EXISTS (SELECT FROM line) AS is_partial
FROM intake.submission s
WHERE s.submission_id = :submission_id
