-- Note what the covers of accepted workbooks say of the focal point.
INSERT INTO intake.cover_field (submission_id, field, value)
SELECT f.submission_id, f.field, f.value
FROM unnest(CAST(:submission_ids AS bigint[]), CAST(:fields AS text[]), CAST(:values AS text[]))
     AS f (submission_id, field, value)
ON CONFLICT (submission_id, field) DO NOTHING
