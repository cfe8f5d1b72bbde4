-- Keep what differs from the version that counted before.
UPDATE intake.submission SET difference = CAST(:difference AS jsonb) WHERE submission_id = :submission_id
