-- Is there an arrival that waits for its answer?
SELECT EXISTS (SELECT FROM intake.arrival WHERE handled_at IS NULL)
