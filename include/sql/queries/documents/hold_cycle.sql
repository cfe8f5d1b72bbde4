-- Hold a cycle, so that two people who start letters at once do it one after the other.
SELECT cycle_id FROM cycle.cycle WHERE cycle_id = :cycle_id FOR NO KEY UPDATE
