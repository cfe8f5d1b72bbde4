-- Which recipient serves as the example when a mail is shown before it is sent?
SELECT recipient_id, name, short_name, reference_code
FROM cycle.recipient
WHERE cycle_id = :cycle_id AND role = 'owes'
ORDER BY position
LIMIT 1
