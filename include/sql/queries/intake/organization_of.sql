-- Which office has this look-up code in this cycle?
SELECT organization_id FROM cycle.recipient WHERE cycle_id = :cycle_id AND reference_code = :reference_code
