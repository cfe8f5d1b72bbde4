-- Forget what the gates found in one version and read out of it, for it to be written anew.
WITH found AS (DELETE FROM intake.finding WHERE submission_id = :submission_id),
     facts AS (DELETE FROM core.fact WHERE submission_id = :submission_id),
     rows AS (DELETE FROM core.list_row WHERE submission_id = :submission_id),
     texts AS (DELETE FROM core.narrative WHERE submission_id = :submission_id)
DELETE FROM intake.cover_field WHERE submission_id = :submission_id
