-- The concerns that are none any more are over.
UPDATE intake.concern c
SET cleared_at = clock_timestamp()
WHERE c.cleared_at IS NULL
  AND NOT EXISTS (SELECT FROM jsonb_to_recordset(CAST(:lasting AS jsonb)) AS l (kind text, about text)
                  WHERE l.kind = c.kind AND l.about = c.about)
