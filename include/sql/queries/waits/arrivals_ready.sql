-- Is there an arrival that waits for its answer, or a version to be checked again after a fault of ours?
SELECT EXISTS (SELECT FROM intake.arrival WHERE handled_at IS NULL)
    OR EXISTS (SELECT FROM intake.fault_to_check WHERE next_try_at <= clock_timestamp())
