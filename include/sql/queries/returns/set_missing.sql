-- Keep which tables of a partial answer are still to come; with none left it is whole.
UPDATE intake.submission
SET is_partial = CAST(:missing AS text[]) <> '{}', missing = nullif(CAST(:missing AS text[]), '{}')
WHERE submission_id = :submission_id
