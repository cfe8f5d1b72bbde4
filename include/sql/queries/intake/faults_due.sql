-- Which versions that a fault of ours kept from being checked are to be tried again now, oldest first?
SELECT submission_id FROM intake.fault_to_check WHERE next_try_at <= clock_timestamp() ORDER BY submission_id
