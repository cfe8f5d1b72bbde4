-- With which stated figures is this cycle compared?
SELECT stated_figures FROM cycle.cycle WHERE cycle_id = :cycle_id
