-- How many recipients of a cycle do the marts have rows of?
SELECT count(*) FROM cycle.recipient WHERE cycle_id = :cycle_id AND role = 'owes'
