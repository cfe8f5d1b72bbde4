-- Does the plan of this cycle have this step?
SELECT EXISTS (SELECT FROM cycle.milestone WHERE cycle_id = :cycle_id AND step = :step)
