-- Hold these recipients' places in line, so that the numbers of their versions follow one another; always in the same
-- order, so that two workers never wait for each other in a ring.
SELECT recipient_id, reference_code
FROM cycle.recipient
WHERE cycle_id = :cycle_id AND reference_code = ANY(CAST(:reference_codes AS text[]))
ORDER BY recipient_id
FOR NO KEY UPDATE
