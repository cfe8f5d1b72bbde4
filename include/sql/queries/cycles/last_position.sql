-- Which place in the list of addressees is the last, and is this office in the list?
SELECT max(position) AS position, bool_or(organization_id = :organization_id) AS is_there
FROM cycle.recipient WHERE cycle_id = :cycle_id
