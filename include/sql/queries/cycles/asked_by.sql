-- How does this cycle ask?
SELECT asked_by FROM cycle.cycle WHERE cycle_id = :cycle_id
