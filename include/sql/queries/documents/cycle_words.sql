-- What do letters beside the plan say of their cycle?
SELECT title, subject, deadline_phrase FROM cycle.cycle WHERE cycle_id = :cycle_id
