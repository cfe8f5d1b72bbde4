-- Keep who speaks in a version.
UPDATE intake.submission SET source_rank = :source_rank WHERE submission_id = :submission_id
