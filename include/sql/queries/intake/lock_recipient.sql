-- Hold a recipient's place in line, so that the numbers of its versions follow one another.
SELECT recipient_id, organization_id, short_name
FROM cycle.recipient
WHERE cycle_id = :cycle_id AND reference_code = :reference_code
FOR NO KEY UPDATE
