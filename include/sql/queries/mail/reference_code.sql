-- Which look-up code does this recipient of the cycle have?
SELECT reference_code
FROM cycle.recipient
WHERE cycle_id = :cycle_id AND recipient_id = :recipient_id
