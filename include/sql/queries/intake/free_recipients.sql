-- Which of these recipients does nobody else hold? They are held from now on.
SELECT recipient_id, cycle_id, reference_code
FROM cycle.recipient
WHERE reference_code = ANY(CAST(:reference_codes AS text[]))
ORDER BY recipient_id
FOR NO KEY UPDATE SKIP LOCKED
