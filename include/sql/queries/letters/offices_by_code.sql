-- What are the names of the offices of this cycle with these reference codes, in the order of the list?
SELECT reference_code, name
FROM cycle.recipient
WHERE cycle_id = :cycle_id AND reference_code = ANY (:codes)
ORDER BY position
