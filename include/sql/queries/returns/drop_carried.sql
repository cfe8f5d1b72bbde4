-- A part was taken back: what later versions took over from it goes with it; they are parts again. (returns/revise_takers
-- has given them their next revision)
WITH fact AS (
    DELETE FROM core.fact WHERE recipient_id = :recipient_id AND carried_from = :submission_id
    RETURNING submission_id, CASE kind WHEN 'mark' THEN 'marks' ELSE 'quantities' END AS lacking
),
prose AS (
    DELETE FROM core.narrative WHERE recipient_id = :recipient_id AND carried_from = :submission_id
    RETURNING submission_id, 'sections' AS lacking
),
line AS (
    DELETE FROM core.list_row WHERE recipient_id = :recipient_id AND carried_from = :submission_id
    RETURNING submission_id, list AS lacking
),
lost AS (
    SELECT submission_id, array_agg(DISTINCT lacking) AS tables
    FROM (SELECT * FROM fact UNION ALL SELECT * FROM prose UNION ALL SELECT * FROM line) gone
    GROUP BY submission_id
)
UPDATE intake.submission s
SET is_partial = true,
    missing = ARRAY(SELECT t FROM unnest(coalesce(s.missing, '{}') || l.tables) AS t GROUP BY t ORDER BY t)
FROM lost l
WHERE s.submission_id = l.submission_id
