-- Note what the cover of an accepted workbook says of the focal point.
INSERT INTO intake.cover_field (submission_id, field, value)
SELECT :submission_id, said.key, said.value FROM jsonb_each_text(CAST(:fields AS jsonb)) AS said
ON CONFLICT (submission_id, field) DO NOTHING
