-- Is there an arrival that waits for its answer, or a version to be checked again after a fault of ours? While the virus
-- scanner is left alone, nothing can be opened; it is for a minute: more is a clock that was put back.
SELECT EXISTS (SELECT FROM intake.arrival WHERE handled_at IS NULL)
       AND NOT EXISTS (SELECT FROM intake.virus_scanner
                       WHERE next_try_at > clock_timestamp() AND next_try_at < clock_timestamp() + interval '2 minutes')
    OR EXISTS (SELECT FROM intake.fault_to_check WHERE next_try_at <= clock_timestamp())
