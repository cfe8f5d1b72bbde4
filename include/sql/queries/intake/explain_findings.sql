-- Keep explanations that came by mail with their warnings, and with the accepted facts of the cells (or rows) concerned.
WITH given AS (
    SELECT * FROM unnest(CAST(:positions AS integer[]), CAST(:explanations AS text[]), CAST(:arrival_ids AS bigint[]))
                  AS g (position, explanation, arrival_id)
),
explained AS (
    UPDATE intake.finding w
    SET explanation = g.explanation, explanation_arrival_id = g.arrival_id
    FROM given g
    WHERE w.submission_id = :submission_id AND w.position = g.position
    RETURNING w.sheet, w.cell, w.indicator, w.explanation
)
UPDATE core.fact f
SET explanation = e.explanation
FROM explained e
WHERE f.submission_id = :submission_id AND f.indicator = e.indicator AND f.sheet = e.sheet
  AND (f.cell = e.cell
       OR f.kind = 'mark' AND e.cell ~ '^[A-Z]+[0-9]+(, [A-Z]+[0-9]+)*$'
          AND regexp_replace(f.cell, '[A-Z]+', '') = ANY (string_to_array(regexp_replace(e.cell, '[A-Z]+', '', 'g'), ', ')))
